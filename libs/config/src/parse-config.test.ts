import { describe, expect, test } from 'vitest';
import { parseConfig } from './parse-config.ts';
import type { PlexusConfig } from './schema.ts';

const smallest = {
  serverName: 'example.org',
  publicBaseUrl: 'https://matrix.example.org/',
  postgres: { url: 'postgres://plexus@localhost/plexus' },
  nats: { servers: ['nats://localhost:4222'] },
  signingKeyFile: '/keys/signing.key',
  media: { directory: '/media' },
};

function configOf(tree: unknown): PlexusConfig {
  const parsed = parseConfig(tree);
  if (parsed.kind === 'errors') throw new Error(parsed.errors.join('\n'));
  return parsed.config;
}

function errorsOf(tree: unknown): readonly string[] {
  const parsed = parseConfig(tree);
  return parsed.kind === 'errors' ? parsed.errors : [];
}

describe('defaults are the safe ones', () => {
  const config = configOf(smallest);

  test('nobody may register, by token neither, and there is no shared secret', () => {
    expect(config.registration).toEqual({ open: false, requireToken: false });
  });

  test('rate limits are on', () => {
    expect(config.rateLimits).toEqual({ enabled: true, classes: {} });
  });

  test('certificates of other servers are checked, private addresses refused, no proxy is believed', () => {
    expect(config.federation).toMatchObject({ verifyCertificates: true, allowedAddressRanges: [] });
    expect(config.trustedProxies).toEqual([]);
  });

  test('what listens by itself does so on loopback', () => {
    expect(config.listen).toEqual({ metrics: { host: '127.0.0.1', port: 0 } });
    expect(configOf({ ...smallest, listen: { http: { port: 1 } } }).listen.http?.host).toBe('127.0.0.1');
  });
});

test('the base URL has no slash at its end', () => {
  expect(configOf(smallest).publicBaseUrl).toBe('https://matrix.example.org');
});

test('an empty publicBaseUrl, as compose leaves it, is none at all', () => {
  expect(configOf({ ...smallest, publicBaseUrl: null }).publicBaseUrl).toBeUndefined();
  const { publicBaseUrl: _, ...without } = smallest;
  expect(configOf(without).publicBaseUrl).toBeUndefined();
});

test('user and password that are given beside a URL become part of it, whatever characters they have', () => {
  const password = 'p@ss/w:rd%41?#';
  const { postgres, redis } = configOf({
    ...smallest,
    postgres: { url: 'postgresql://db:5432/plexus?sslmode=require', user: 'plexus', password },
    redis: { url: 'rediss://cache:6380', password },
  });
  const url = new URL(postgres.url);
  expect(decodeURIComponent(url.password)).toBe(password);
  expect(`${url.username} ${url.host}${url.pathname}${url.search}`).toBe('plexus db:5432/plexus?sslmode=require');
  expect(postgres).toEqual({ url: postgres.url, maxConnections: 16 });
  expect(decodeURIComponent(new URL(redis?.url ?? '').password)).toBe(password);
});

describe('errors', () => {
  test('an empty configuration names every key that must be given', () => {
    expect(errorsOf({})).toEqual([
      'serverName: is missing; it must be a text',
      'postgres: is missing; it must be a section with keys',
      'nats: is missing; it must be a section with keys',
      'signingKeyFile: is missing; it must be a text',
      'media: is missing; it must be a section with keys',
    ]);
  });

  test.each<[object, string]>([
    [{ serverName: 'https://example.org' }, 'serverName: must be a server name such as example.org'],
    [{ serverName: 7 }, 'serverName: must be a text'],
    [{ publicBaseUrl: 'ftp://example.org' }, 'publicBaseUrl: must be a URL that begins with http:// or https://'],
    [{ postgres: { url: 'mysql://x' } }, 'postgres.url: must be a URL that begins with postgres:// or postgresql://'],
    [{ postgres: { url: 'postgres://x', maxConnections: 0 } }, 'postgres.maxConnections: must be at least 2'],
    [{ nats: { servers: [] } }, 'nats.servers: must have at least one entry'],
    [{ nats: { servers: ['x'] } }, 'nats.servers[0]: must be a URL that begins with nats:// or tls://'],
    [{ listen: { rpc: { port: 65_536 } } }, 'listen.rpc.port: must be at most 65535'],
    [{ listen: { rpc: { port: 1.5 } } }, 'listen.rpc.port: must be a whole number'],
    [
      { services: { roomserver: { rpc: ['nowhere'] } }, redis: { url: 'redis://x' } },
      'services.roomserver.rpc[0]: must be a host and a port such as 10.0.0.1:8081',
    ],
    [{ services: { roomsrever: {} } }, 'services.roomsrever: there is no such key'],
    [{ registration: { open: 'yes' } }, 'registration.open: must be true or false'],
    [{ registration: { sharedSecret: '' } }, 'registration.sharedSecret: must not be empty'],
    [
      { rateLimits: { classes: { join: { perSecond: 0, burst: 1 } } } },
      'rateLimits.classes.join.perSecond: must be more than 0',
    ],
    [{ rooms: { defaultVersion: '9' } }, 'rooms.defaultVersion: must be one of 10, 11, 12'],
    [{ tracing: { sampleRatio: 2 } }, 'tracing.sampleRatio: must be at most 1'],
    [{ trustedProxies: ['10.0.0.0/33'] }, 'trustedProxies[0]: must be an address or a range such as 10.0.0.0/8'],
    [{ logLevel: 'trace' }, 'logLevel: must be one of debug, info, warn, error'],
    [{ media: { directory: '/m', maxUploadBytes: '50M' } }, 'media.maxUploadBytes: must be a number'],
    [{ federation: { tls: { certificateFile: 'x' } } }, 'federation.tls.keyFile: is missing; it must be a text'],
  ])('%j', (part, sentence) => {
    const errors = errorsOf({ ...smallest, ...part });
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(sentence);
  });

  test.each<[object, string]>([
    [
      { postgres: { url: 'postgres://u@h/d', user: 'v' } },
      'postgres.user: must not be given where the URL has a user itself',
    ],
    [
      { nats: { servers: ['nats://n'], token: 't', user: 'u', password: 'p' } },
      'nats.token: must not be given together',
    ],
    [{ nats: { servers: ['nats://n'], user: 'u' } }, 'nats.password: is missing; user and password belong together'],
    [
      { services: { mediaapi: { replicas: 'dns', http: ['https://m'] } } },
      'services.mediaapi.http: must begin with http',
    ],
    [{ shutdown: { drainMs: -1 } }, 'shutdown.drainMs: must be at least 0'],
  ])('%j', (part, sentence) => {
    expect(errorsOf({ ...smallest, ...part })).toEqual([expect.stringContaining(sentence)]);
  });

  test('all of them at once, unknown keys one by one', () => {
    expect(errorsOf({ ...smallest, serverName: undefined, logLevel: 1, server_name: 'x', colour: 'red' })).toEqual([
      'serverName: is missing; it must be a text',
      'logLevel: must be one of debug, info, warn, error',
      'server_name: there is no such key',
      'colour: there is no such key',
    ]);
  });

  test('no error repeats a value, which may be a secret', () => {
    const secret = 'swordfish';
    const errors = errorsOf({
      ...smallest,
      postgres: { url: `mysql://u:${secret}@h/d` },
      nats: { servers: [`http://${secret}`], token: [secret] },
      rpc: { token: { secret } },
      registration: { sharedSecret: [secret], open: secret },
    });
    expect(errors.length).toBeGreaterThanOrEqual(5);
    expect(errors.join('\n')).not.toContain(secret);
  });

  test.each([undefined, null, [], 'x', 7])('%j is no configuration', (tree) => {
    expect(errorsOf(tree)).toEqual(['configuration: must be a section with keys']);
  });

  test('services in other processes need a Redis that all share', () => {
    const services = { roomserver: { rpc: ['10.0.0.1:8081'] } };
    expect(errorsOf({ ...smallest, services })[0]).toMatch(/^redis: is missing; /);
    expect(errorsOf({ ...smallest, services, redis: { url: 'redis://r' } })).toEqual([]);
  });
});

test('parameters beside the URL of the database become a part of it, wherever the URL comes from', () => {
  const postgres = { url: 'postgresql://db/plexus?application_name=x', parameters: 'sslmode=verify-full' };
  expect(configOf({ ...smallest, postgres }).postgres).toEqual({
    url: 'postgresql://db/plexus?application_name=x&sslmode=verify-full',
    maxConnections: 16,
  });
});

test('a memory budget is given in bytes, or as Kubernetes writes it', () => {
  const budget = (value: unknown) => configOf({ ...smallest, memory: { budget: value } }).memory.budget;
  expect([budget(67_108_864), budget('64Mi'), budget('1G')]).toEqual([67_108_864, 67_108_864, 1_000_000_000]);
});
