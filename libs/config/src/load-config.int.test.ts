import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from './load-config.ts';

const directory = mkdtempSync(join(tmpdir(), 'plexus-config-'));

function write(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

const yaml = `
serverName: example.org
publicBaseUrl: https://example.org
postgres: { url: postgres://localhost/plexus }
nats: { servers: [nats://localhost] }
signingKeyFile: /keys/signing.key
media:
  directory: /media
`;

test('YAML and JSON give the same configuration', () => {
  const fromYaml = loadConfig(write('config.yaml', yaml));
  expect(fromYaml.kind).toBe('config');
  const json = {
    serverName: 'example.org',
    publicBaseUrl: 'https://example.org',
    postgres: { url: 'postgres://localhost/plexus' },
    nats: { servers: ['nats://localhost'] },
    signingKeyFile: '/keys/signing.key',
    media: { directory: '/media' },
  };
  expect(loadConfig(write('config.json', JSON.stringify(json)))).toEqual(fromYaml);
});

test('a file that is missing or no YAML is one error that does not quote it', () => {
  expect(loadConfig('/nowhere/config.yaml')).toEqual({
    kind: 'errors',
    errors: ['configuration: the file /nowhere/config.yaml does not exist'],
  });
  const broken = loadConfig(write('broken.yaml', 'rpc:\n  token: "swordfish\n x: [1'));
  expect(broken.kind === 'errors' && broken.errors).toHaveLength(1);
  expect(JSON.stringify(broken)).not.toContain('swordfish');
});

test('an empty file lacks everything', () => {
  expect(loadConfig(write('empty.yaml', '')).kind).toBe('errors');
});
