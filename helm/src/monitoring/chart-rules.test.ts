import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repository } from '../chart/generated-files.ts';
import { alertSettings, chartRules } from './chart-rules.ts';

const shipped = readFileSync(join(repository, 'deploy/prometheus/alerts.yaml'), 'utf8');
const thresholds = Object.fromEntries(alertSettings(shipped).map(({ name, threshold }) => [name, threshold]));

test('the number that an alert compares with is found, also where it is a product or stands twice', () => {
  expect(thresholds).toMatchObject({
    PlexusEventSendSlow: '1',
    PlexusMediaDiskFull: '0.2',
    PlexusErrorBudgetBurnsFast: '14.4 * 0.001',
    PlexusCertificateExpires: '14 * 86400',
    PlexusInputRejected: '0.2',
    PlexusLoginFailuresSpike: '1',
    PlexusServiceDown: undefined,
    PlexusSigningKeyChanged: '1',
  });
});

test('the expressions with their thresholds put back are those that promtool has tested', () => {
  const again = chartRules(shipped).replaceAll(
    /^( +)expr: ([\s\S]*?)\n\1threshold: "?([^"\n]+)"?\n/gm,
    (_, indent: string, expr: string, threshold: string) =>
      `${indent}expr: ${expr.replaceAll('%THRESHOLD%', threshold)}\n`,
  );
  expect(chartRules(again)).toBe(chartRules(shipped));
  expect(again).not.toContain('%THRESHOLD%');
});
