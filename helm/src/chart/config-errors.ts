import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConfigError, type PlexusConfig, parseConfig } from '@plexus/config';
import { isTree, type Tree } from './kubernetes-object.ts';

const folder = mkdtempSync(join(tmpdir(), 'plexus-chart-'));
/** What operators put into the Secrets that the files of a pod come from. */
const examples: Readonly<Record<string, string>> = {
  postgres: 'postgresql://plexus:secret@db.example.org:5432/plexus',
  redis: 'redis://cache.example.org:6379',
};

/** What the product says of a rendered configuration, with the secrets that a pod would have in place. */
export const configErrors = (config: unknown): readonly ConfigError[] => {
  const parsed = parseConfig(withSecretFiles(config, ''));
  return parsed.kind === 'errors' ? parsed.errors : [];
};

/** Files named `<key>File` hold secrets, but for those of keys and certificates, which the services read later. */
const withSecretFiles = (node: unknown, section: string): unknown => {
  if (!isTree(node)) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      if (!/^(?:url|user|password|token|sharedSecret)File$/.test(key)) return [key, withSecretFiles(value, key)];
      const file = join(folder, `${section}-${key}`);
      writeFileSync(file, key === 'urlFile' ? (examples[section] ?? '') : 'a secret of a test');
      return [key, file];
    }),
  );
};

/** A configuration with only what has no default, and these keys. @throws Error when the product does not take it */
export const configOf = (keys: Tree): PlexusConfig => {
  const parsed = parseConfig({
    serverName: 'example.org',
    publicBaseUrl: 'https://example.org',
    postgres: { url: examples['postgres'] },
    nats: { servers: ['nats://nats:4222'] },
    signingKeyFile: '/signing.key',
    media: { directory: '/media' },
    ...keys,
  });
  if (parsed.kind === 'errors') throw new Error(parsed.errors.join('\n'));
  return parsed.config;
};
