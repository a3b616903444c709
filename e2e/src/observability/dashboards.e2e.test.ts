import { dashboards, type Panel } from '@plexus/monitoring';
import { eventually } from '@plexus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ScriptedBridge, startBridge } from '../journeys/bridge.ts';
import { at, type Json, listAt } from '../stack/http-client.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import { configFile } from './config-file.ts';
import { everydayTraffic, registrationOf } from './everyday-traffic.ts';
import { type Prometheus, ruleProblems, startPrometheus } from './prometheus.ts';

const MAX_SERIES = 3_000;
/** So many seconds of scrapes are in each rate. */
const WINDOW = '30s';

const manyOf = { perSecond: 1_000, burst: 1_000 };
const rateLimits = {
  classes: {
    general: manyOf,
    message: manyOf,
    login: manyOf,
    registration: manyOf,
    registrationCheck: manyOf,
    join: manyOf,
    invite: manyOf,
  },
};

let bridge: ScriptedBridge;
let stack: Stack;
let prometheus: Prometheus;

beforeAll(async () => {
  bridge = await startBridge();
  await using config = await configFile({ rateLimits });
  const extra = ['--config', config.path, '--appservice', await registrationOf(bridge)];
  stack = await startStack('each', extra, { rateLimits: true });
  prometheus = await startPrometheus((await stack.state()).metricsUrls);
  await eventually('first scraped', async () => (await series('plexus_ready')).length === 9, 30_000);
  await everydayTraffic(stack.url, (await stack.state()).federationUrl);
  const doneAt = Date.now() / 1_000;
  await eventually('all of it scraped', () => isScraped(doneAt), 30_000);
});

afterAll(async () => {
  bridge?.server.close();
  await prometheus?.[Symbol.asyncDispose]();
  await stack?.[Symbol.asyncDispose]();
});

describe.each(dashboards)('the dashboard $uid, of a stack in use', ({ rows }) => {
  const panels = rows.flatMap((row) => row.panels);

  it('has no panel that fails or stays empty', async () => {
    const problems = await Promise.all(panels.map(problemsOf));
    expect(problems.flat()).toEqual([]);
  });
});

it('the rules are evaluated without an error, and of alerts none fires that a healthy stack should not have', async () => {
  expect(await ruleProblems(prometheus)).toEqual([]);
  const firing = await series('ALERTS{alertstate="firing"}');
  expect(firing.map((alert) => at(alert, 'metric', 'alertname'))).toEqual([]);
});

it('no service has many series', async () => {
  const counts = await series('count by (job) ({app="plexus"})');
  expect(counts.length).toBe(9);
  const bySize = counts.map((each) => [at(each, 'metric', 'job'), Number(at(each, 'value', 1))] as const);
  console.log(`series: ${bySize.map(([job, count]) => `${String(job)} ${count}`).join(', ')}`);
  expect(bySize.filter(([, count]) => count >= MAX_SERIES)).toEqual([]);
});

async function problemsOf({ title, queries, waitsFor }: Panel): Promise<string[]> {
  const problems: string[] = [];
  for (const { expr } of queries) {
    const answer = await prometheus.query(expanded(expr));
    const results = listAt(answer.json, 'data', 'result');
    if (answer.status !== 200) problems.push(`${title}: ${answer.text}`);
    else if (waitsFor === undefined && !results.some(hasNumber)) problems.push(`${title} is empty: ${expanded(expr)}`);
  }
  return problems;
}

/** As Grafana fills in its variables. */
function expanded(expression: string): string {
  return expression.replaceAll('$namespace', '.*').replaceAll('$job', '.*').replaceAll('$__rate_interval', WINDOW);
}

/** NaN is what a quantile of nothing is. */
function hasNumber(result: Json): boolean {
  return Number.isFinite(Number(at(result, 'value', 1)));
}

async function series(expression: string): Promise<Json[]> {
  return listAt((await prometheus.query(expression)).json, 'data', 'result');
}

/** Every process was scraped twice after that time, so that rates see what was last. */
async function isScraped(after: number): Promise<boolean> {
  const behind = await series(`count_over_time(plexus_ready[${Math.ceil(Date.now() / 1_000 - after) + 1}s]) < 3`);
  return Date.now() / 1_000 - after > 3 && behind.length === 0;
}
