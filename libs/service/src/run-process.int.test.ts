import { memoryStore } from '@plexus/cache';
import { type PlexusConfig, parseConfig } from '@plexus/config';
import { systemClock } from '@plexus/observability';
import { sql } from '@plexus/postgres';
import {
  freePorts,
  type TestDatabase,
  type TestStreams,
  testDatabase,
  testObservability,
  testStreams,
  unusualDatabase,
} from '@plexus/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { edgeModule, scriptedModule, typingModule } from '../test/scripted-module.ts';
import { fixedCertificate } from './certificate-source.ts';
import { settleServerName } from './identity/settle-server-name.ts';
import { type RunningProcess, type RunProcessOptions, runProcess } from './run-process.ts';

const any = { host: '127.0.0.1', port: 0 };
let database: TestDatabase;
let streams: TestStreams;
const running: RunningProcess[] = [];

beforeAll(async () => {
  database = await testDatabase([]);
  streams = await testStreams();
});
afterEach(async () => {
  for (const process of running.splice(0).toReversed()) await process.stop();
});
afterAll(async () => {
  await streams.close();
  await database.drop();
});

function config(parts: object = {}): PlexusConfig {
  const parsed = parseConfig({
    serverName: 'example.org',
    publicBaseUrl: 'http://localhost',
    postgres: { url: database.url },
    nats: { servers: streams.servers },
    signingKeyFile: '/nowhere',
    media: { directory: '/nowhere' },
    rpc: { token: 'of the inner plane', timeoutMs: 3_000 },
    ...parts,
  });
  if (parsed.kind === 'errors') throw new Error(parsed.errors.join('\n'));
  return parsed.config;
}

async function run(options: Partial<RunProcessOptions> & Pick<RunProcessOptions, 'modules'>): Promise<RunningProcess> {
  const process = await runProcess({
    config: config(),
    listen: { http: any, rpc: any, metrics: any },
    gateway: false,
    observability: testObservability(),
    resources: { streams: streams.connection },
    ...options,
  });
  running.push(process);
  return process;
}

async function get(process: RunningProcess, side: 'http' | 'metrics', path: string) {
  const response = await fetch(`http://127.0.0.1:${process.addresses[side]?.port}${path}`);
  const text = await response.text();
  return { status: response.status, text, type: response.headers.get('content-type') ?? '' };
}

const address = (process: RunningProcess, side: 'http' | 'rpc') => `127.0.0.1:${process.addresses[side]?.port}`;

describe('services of one process', () => {
  test('call each other without the wire, started in the order of serviceNames', async () => {
    const log: string[] = [];
    const process = await run({ modules: [edgeModule(log), typingModule(log)] });
    expect(log).toEqual(['typing starts', 'clientapi starts']);
    expect((await get(process, 'http', '/_matrix/client/versions')).text).toBe('{"versions":["typing"]}');
    const metrics = (await get(process, 'metrics', '/metrics')).text;
    expect(metrics).toContain(
      'plexus_rpc_seconds_count{side="local",service="TypingService",method="GetTyping",code="OK"} 1',
    );
    expect(metrics).not.toContain('side="client"');
  });

  test('a call made while its target starts waits for it', async () => {
    const log: string[] = [];
    const early = scriptedModule('userapi', log);
    let answer: Promise<unknown> | undefined;
    const start = early.start;
    const module = {
      ...early,
      start: (runtime: Parameters<typeof start>[0]) => {
        answer = runtime.clients.typing.getTyping({ roomIds: [] });
        return start(runtime);
      },
    };
    await run({ modules: [typingModule(log), module] });
    expect(await answer).toMatchObject({ rooms: [{ userIds: ['typing'] }] });
  });

  test('two services that answer one operation are an error at start, and what was started is stopped', async () => {
    const log: string[] = [];
    const twice = { ...edgeModule(log), name: 'syncapi' } as const;
    await expect(run({ modules: [edgeModule(log), twice] })).rejects.toThrow('client.getVersions');
    expect(log.filter((line) => line.endsWith('stops'))).toHaveLength(2);
  });

  test('a service that fails to start fails the process, and those before it are stopped', async () => {
    const log: string[] = [];
    const failing = { ...scriptedModule('clientapi', log), start: async () => Promise.reject(new Error('no key')) };
    await expect(run({ modules: [typingModule(log), failing] })).rejects.toThrow('no key');
    expect(log).toEqual(['typing starts', 'typing stops']);
  });
});

test('a listener that cannot be opened fails the process, and those opened before it are closed', async () => {
  const log: string[] = [];
  const tls = fixedCertificate({ cert: 'no certificate', key: 'no key' });
  const authenticateOrigin = () => Promise.reject(new Error('nobody asks'));
  const module = scriptedModule('federationapi', log, { federation: { tls, authenticateOrigin } });
  const [port = 0] = await freePorts(1);
  const http = { host: '127.0.0.1', port };
  await expect(run({ modules: [module], listen: { http, metrics: any, federation: any } })).rejects.toThrow(/PEM/);
  expect(log).toEqual(['federationapi starts', 'federationapi stops']);
  const next = await run({ modules: [module], listen: { http, metrics: any } });
  expect((await get(next, 'http', '/_matrix/client/versions')).status).toBe(404);
});

describe('services of several processes', () => {
  test('call each other over the wire, and a gateway hands on what it does not answer', async () => {
    const log: string[] = [];
    const typing = await run({ modules: [typingModule(log, 'elsewhere')] });
    const redis = { url: 'redis://127.0.0.1:1' };
    const edge = await run({
      modules: [edgeModule(log)],
      config: config({ redis, services: { typing: { rpc: [address(typing, 'rpc')] } } }),
    });
    const gateway = await run({
      modules: [],
      gateway: true,
      listen: { http: any, metrics: any },
      config: config({ redis, services: { clientapi: { http: [`http://${address(edge, 'http')}`] } } }),
    });
    expect(await get(gateway, 'http', '/_matrix/client/versions')).toMatchObject({
      status: 200,
      text: '{"versions":["elsewhere"]}',
    });
    expect((await get(gateway, 'http', '/_matrix/client/v3/sync')).status).toBe(404);
    expect((await get(gateway, 'metrics', '/health/ready')).status).toBe(200);
    expect(gateway.addresses.rpc).toBeUndefined();
  });

  test('find each other by name', async () => {
    const typing = await run({ modules: [typingModule([], 'by name')] });
    const redis = { url: 'redis://127.0.0.1:1' };
    const byName = (side: 'http' | 'rpc', process: RunningProcess) => `localhost:${process.addresses[side]?.port}`;
    const edge = await run({
      modules: [edgeModule([])],
      config: config({ redis, services: { typing: { replicas: 'dns', rpc: [byName('rpc', typing)] } } }),
    });
    const gateway = await run({
      modules: [],
      gateway: true,
      listen: { http: any, metrics: any },
      config: config({ services: { clientapi: { replicas: 'dns', http: [`http://${byName('http', edge)}`] } } }),
    });
    await vi.waitFor(
      async () =>
        expect((await get(gateway, 'http', '/_matrix/client/versions')).text).toBe('{"versions":["by name"]}'),
      { timeout: 10_000 },
    );
  });

  test('a gateway alone opens no store, so none can be missing', async () => {
    const gateway = await run({
      modules: [],
      gateway: true,
      listen: { http: any, metrics: any },
      config: config({ postgres: { url: 'postgresql://none.invalid' }, nats: { servers: ['nats://none.invalid'] } }),
      resources: {},
    });
    expect(await get(gateway, 'metrics', '/health/ready')).toMatchObject({
      status: 200,
      text: '{"ready":true,"problems":[],"degraded":[]}',
    });
  });

  test('a service that is not there is UNAVAILABLE', async () => {
    const process = await run({ modules: [scriptedModule('userapi', [])] });
    await expect(process.clients.typing.getTyping({ roomIds: [] })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

describe('health', () => {
  test('ready tells the problems of every service, and says yes again when they are gone', async () => {
    const module = scriptedModule('syncapi', []);
    const process = await run({ modules: [module, typingModule([])] });
    expect(await get(process, 'metrics', '/health/ready')).toMatchObject({
      status: 200,
      text: '{"ready":true,"problems":[],"degraded":[]}',
      type: 'application/json',
    });
    module.problems = ['syncapi: the room log consumer does not move'];
    expect(await get(process, 'metrics', '/health/ready')).toMatchObject({
      status: 503,
      text: '{"ready":false,"problems":["syncapi: the room log consumer does not move"],"degraded":[]}',
    });
    expect((await get(process, 'metrics', '/metrics')).text).toContain('plexus_ready 0');
    module.problems = [];
    expect((await get(process, 'metrics', '/health/ready')).status).toBe(200);
  });

  test('ready without NATS, and says so', async () => {
    const away = { ...streams.connection, isConnected: () => false, refusal: () => undefined };
    const process = await run({
      modules: [scriptedModule('userapi', [])],
      resources: { streams: away, database: database.database },
    });
    expect(await get(process, 'metrics', '/health/ready')).toMatchObject({
      status: 200,
      text: '{"ready":true,"problems":[],"degraded":["no connection to NATS: entries come from the logs of their owners"]}',
    });
  });

  test('ready without Redis, and says so', async () => {
    const away = { ...memoryStore(systemClock), problem: async () => 'Redis does not answer' };
    const process = await run({
      modules: [scriptedModule('userapi', [])],
      resources: { streams: streams.connection, database: database.database, ephemeral: away },
    });
    const { status, text } = await get(process, 'metrics', '/health/ready');
    expect([status, text]).toEqual([200, expect.stringContaining('"degraded":["Redis does not answer')]);
  });

  test('not ready while the database takes no writes; alive all the same', async () => {
    const unwritable = {
      ...database.database,
      kind: 'database' as const,
      query: database.database.query.bind(database.database),
      condition: async () => ({ problems: ['it is read-only'], remarks: [] }),
    };
    const process = await run({
      modules: [scriptedModule('userapi', [])],
      resources: { streams: streams.connection, database: unwritable },
    });
    expect(await get(process, 'metrics', '/health/ready')).toMatchObject({
      status: 503,
      text: '{"ready":false,"problems":["it is read-only"],"degraded":[]}',
    });
    expect(await get(process, 'metrics', '/health/live')).toMatchObject({
      status: 200,
      text: expect.stringContaining('"live":true'),
    });
  });

  test('not ready on a read-only database or one of another encoding, remarked on one of another collation, with the reason', async () => {
    const readOnly = await testDatabase([]);
    const name = new URL(readOnly.url).pathname.slice(1);
    await readOnly.database.query(
      sql('service_read_only', `ALTER DATABASE ${name} SET default_transaction_read_only = on`),
      [],
    );
    const latin = await unusualDatabase(`TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'`);
    const icu = await unusualDatabase(
      `TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8' LOCALE_PROVIDER icu ICU_LOCALE 'en-US'`,
    );
    for (const { url } of [latin, icu]) await settleServerName(config({ postgres: { url } }), [], testObservability());
    const answerOf = async (url: string) => {
      const process = await run({ modules: [scriptedModule('userapi', [])], config: config({ postgres: { url } }) });
      const { status, text } = await get(process, 'metrics', '/health/ready');
      await process.stop();
      return [status, text];
    };
    expect(await answerOf(readOnly.url)).toEqual([503, expect.stringContaining('it is read-only')]);
    expect(await answerOf(latin.url)).toEqual([503, expect.stringContaining('encoded in LATIN1 and not in UTF8')]);
    expect(await answerOf(icu.url)).toEqual([
      200,
      expect.stringContaining('"degraded":["the database sorts by the collation ICU'),
    ]);
    await Promise.all([readOnly.drop(), latin.drop(), icu.drop()]);
  });

  test('a service that cannot say whether it is ready is a problem, not an error', async () => {
    const failing = scriptedModule('userapi', []);
    const start = failing.start;
    const process = await run({
      modules: [
        {
          ...failing,
          start: async (runtime) => ({ ...(await start(runtime)), readiness: () => Promise.reject(new Error('x')) }),
        },
      ],
    });
    expect((await get(process, 'metrics', '/health/ready')).text).toContain('userapi: cannot say whether it is ready');
  });

  test('unknown paths are 404', async () => {
    const process = await run({ modules: [] });
    expect((await get(process, 'metrics', '/')).status).toBe(404);
    expect((await get(process, 'metrics', '/toString')).status).toBe(404);
  });
});

describe('stopping', () => {
  test('readiness off, then polls drained, then services stopped in reverse; a second stop waits for the first', async () => {
    const log: string[] = [];
    const process = await run({ modules: [edgeModule(log), typingModule(log), scriptedModule('syncapi', log)] });
    log.length = 0;
    await Promise.all([process.stop(), process.stop()]);
    expect(log).toEqual([
      'typing drains',
      'syncapi drains',
      'clientapi drains',
      'clientapi stops',
      'syncapi stops',
      'typing stops',
    ]);
    await expect(get(process, 'metrics', '/health/live')).rejects.toThrow();
  });

  test('a request in hand gets its answer, probes meanwhile say that the process stops', async () => {
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    let arrived = false;
    const module = scriptedModule('clientapi', [], {
      handlers: {
        'client.getVersions': async () => {
          arrived = true;
          await held;
          return { kind: 'json', status: 200, body: { versions: [] } };
        },
      },
    });
    const process = await run({ modules: [module] });
    const request = get(process, 'http', '/_matrix/client/versions');
    await vi.waitFor(() => expect(arrived).toBe(true), { timeout: 10_000 });
    const stopped = process.stop();
    await vi.waitFor(
      async () => expect((await get(process, 'metrics', '/health/ready')).text).toContain('the process stops'),
      { timeout: 10_000 },
    );
    release();
    expect((await request).status).toBe(200);
    await stopped;
  });

  test('while it drains it is not ready and answers as ever', async () => {
    const process = await run({
      modules: [edgeModule([]), typingModule([])],
      config: config({ shutdown: { drainMs: 400 } }),
    });
    const startedAt = performance.now();
    const stopped = process.stop();
    expect((await get(process, 'metrics', '/health/ready')).status).toBe(503);
    expect((await get(process, 'metrics', '/health/live')).status).toBe(200);
    expect((await get(process, 'http', '/_matrix/client/versions')).status).toBe(200);
    await stopped;
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(400);
    await expect(get(process, 'http', '/_matrix/client/versions')).rejects.toThrow();
  });

  test('a service that does not stop, or fails to, keeps nobody waiting for ever', async () => {
    const log: string[] = [];
    const observability = testObservability();
    const stuck = scriptedModule('syncapi', log, { stop: () => new Promise(() => {}) });
    const failing = scriptedModule('clientapi', log, { stop: () => Promise.reject(new Error('broken')) });
    const process = await run({ modules: [stuck, failing, typingModule(log)], observability });
    const startedAt = performance.now();
    await process.stop();
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(log).toContain('typing stops');
    expect(observability.lines.map(({ message, part }) => [message, part])).toEqual(
      expect.arrayContaining([
        ['took too long to stop, going on without it', 'syncapi'],
        ['failed to stop, going on without it', 'clientapi'],
      ]),
    );
  });
});
