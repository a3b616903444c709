import { expect, test } from 'vitest';
import { parseConfig } from './parse-config.ts';
import { redactedConfig } from './redacted-config.ts';

const secrets = ['pg-secret', 'nats-secret', 'redis-secret', 'rpc-secret', 'shared-secret'];

test('what is shown holds the defaults and no secret, and tells hosts and users still', () => {
  const parsed = parseConfig({
    serverName: 'example.org',
    publicBaseUrl: 'https://matrix.example.org',
    postgres: { url: 'postgresql://plexus:pg-secret@db.example.org:5432/plexus' },
    nats: { servers: ['nats://nats-secret@nats.example.org:4222'] },
    redis: { url: 'rediss://cache:redis-secret@redis.example.org:6379' },
    rpc: { token: 'rpc-secret' },
    registration: { sharedSecret: 'shared-secret' },
    signingKeyFile: '/run/signing.key',
    media: { directory: '/media' },
  });
  if (parsed.kind === 'errors') throw new Error(parsed.errors.join('\n'));
  const shown = JSON.stringify(redactedConfig(parsed.config));
  for (const secret of secrets) expect(shown).not.toContain(secret);
  expect(redactedConfig(parsed.config)).toMatchObject({
    postgres: { url: 'postgresql://plexus:[redacted]@db.example.org:5432/plexus', maxConnections: 16 },
    nats: { servers: ['nats://[redacted]@nats.example.org:4222'] },
    redis: { url: 'rediss://cache:[redacted]@redis.example.org:6379' },
    rpc: { token: '[redacted]' },
    registration: { sharedSecret: '[redacted]' },
  });
});

test('a NATS token and a password given apart are not shown', () => {
  const base = {
    serverName: 'example.org',
    publicBaseUrl: 'https://matrix.example.org',
    postgres: { url: 'postgresql://db/plexus', user: 'plexus', password: 'pg-secret' },
    signingKeyFile: '/run/signing.key',
    media: { directory: '/media' },
  };
  for (const nats of [
    { servers: ['nats://a:4222'], token: 'nats-secret' },
    { servers: ['nats://a:4222'], user: 'plexus', password: 'nats-secret' },
  ]) {
    const parsed = parseConfig({ ...base, nats });
    if (parsed.kind === 'errors') throw new Error(parsed.errors.join('\n'));
    expect(JSON.stringify(redactedConfig(parsed.config))).not.toMatch(/nats-secret|pg-secret/);
  }
});
