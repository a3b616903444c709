import { execFile } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { parseConfig } from '@plexus/config';
import { expect, it, test } from 'vitest';
import { parse } from 'yaml';
import { repository as root } from '../chart/generated-files.ts';

const run = promisify(execFile);
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

it('the units of systemd are such as systemd takes, with the programs that they start', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'plexus-units-'));
  const units = globSync('deploy/systemd/*', { cwd: root }).map((path) => {
    const file = join(folder, basename(path));
    writeFileSync(file, read(path).replaceAll('/opt/plexus', root.replace(/\/$/, '')));
    return file;
  });
  expect(units.length).toBe(3);
  const { stderr } = await run('systemd-analyze', ['verify', ...units]);
  expect(stderr).toBe('');
});

test.each([
  ['reverse-proxy.md', 'deploy/proxy/nginx.conf'],
  ['reverse-proxy.md', 'deploy/proxy/Caddyfile'],
  ['reverse-proxy.md', 'deploy/proxy/apache.conf'],
  ['reverse-proxy.md', 'deploy/proxy/haproxy.cfg'],
  ['systemd.md', 'deploy/systemd/plexus.service'],
])('%s shows %s as it is shipped and tested', (page, file) => {
  expect(read(`docs/operators/${page}`)).toContain(`\n${read(file)}\`\`\`\n`);
});

const configOf = (keys: object) =>
  parseConfig({
    serverName: 'example.org',
    publicBaseUrl: 'https://matrix.example.org',
    postgres: { url: 'postgresql://db/plexus' },
    nats: { servers: ['nats://nats:4222'] },
    signingKeyFile: '/signing.key',
    media: { directory: '/media' },
    ...keys,
  });

it('the configurations that the guide shows are such as the product takes', () => {
  const blocks = globSync('docs/operators/*.md', { cwd: root }).flatMap((page) =>
    [...read(page).matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block),
  );
  expect(blocks.length).toBeGreaterThan(1);
  for (const block of blocks) expect(configOf(parse(block)).kind, block).toBe('config');
});

it('the limits of the shipped proxies and of the chart are those of the product', () => {
  const parsed = configOf({});
  const limit = parsed.kind === 'config' ? parsed.config.media.maxUploadBytes : 0;
  expect(read('deploy/proxy/nginx.conf')).toContain(`client_max_body_size ${limit / 1024 / 1024}m;`);
  for (const file of ['Caddyfile', 'apache.conf', 'haproxy.cfg'])
    expect(read(`deploy/proxy/${file}`)).toContain(String(limit));
});
