import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '@plexus/config';
import { type RunningProcess, runProcess } from '@plexus/service';
import { sharedServer, type TestDatabase, testDatabase, testObservability } from '@plexus/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { probe } from '../infrastructure/http-probe.ts';
import { freePorts } from '../infrastructure/ports.ts';
import { loadModules, serviceNames } from '../service-modules.ts';

const folder = mkdtempSync(join(tmpdir(), 'plexus-absent-'));
let database: TestDatabase;
let servers: { postgres: URL; nats: URL; redis: URL };
let door: Door | undefined;
let process_: RunningProcess | undefined;

beforeAll(async () => {
  database = await testDatabase(await loadModules(serviceNames));
  servers = {
    postgres: new URL(database.url),
    nats: new URL(await sharedServer('nats')),
    redis: new URL(await sharedServer('redis')),
  };
  writeFileSync(
    join(folder, 'signing.key'),
    `ed25519 a_1 ${Buffer.alloc(32, 7).toString('base64').replace(/=+$/, '')}\n`,
  );
  const registration = { id: 'irc', url: 'http://127.0.0.1:1', as_token: 'a', hs_token: 'h', sender_localpart: 'irc' };
  const namespaces = { users: [{ regex: '@irc_.*', exclusive: true }] };
  writeFileSync(join(folder, 'irc.yaml'), JSON.stringify({ ...registration, namespaces }));
});
afterEach(async () => {
  await process_?.stop();
  await door?.close();
});
afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true });
});

/** A port that leads to a server once it is opened. */
class Door {
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  async open(port: number, target: URL): Promise<void> {
    const server = createServer((near) => {
      const sockets = target.searchParams.get('host');
      const far =
        sockets === null
          ? connect({ host: target.hostname, port: Number(target.port) })
          : connect(join(sockets, `.s.PGSQL.${target.port || '5432'}`));
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(one);
        one.pipe(other);
        one.once('error', () => other.destroy());
        one.once('close', () => other.destroy());
      }
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    this.#server = server;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => (this.#server === undefined ? resolve(undefined) : this.#server.close(resolve)));
  }
}

const behind = (url: URL, port: number): string => {
  const moved = new URL(url);
  moved.host = `127.0.0.1:${port}`;
  moved.searchParams.delete('host');
  return moved.href;
};

const answer = async (port: number): Promise<string | undefined> =>
  (await probe(`http://127.0.0.1:${port}/health/ready`))?.body;

describe.each(['postgres', 'nats', 'redis'] as const)('while %s is absent at the start', (store) => {
  test.each(serviceNames)('%s waits or goes without, and is well when it comes', async (service) => {
    const [port = 0, metricsPort = 0] = await freePorts(2);
    const urls = { ...servers, [store]: new URL(behind(servers[store], port)) };
    const parsed = parseConfig({
      serverName: 'plexus.test',
      publicBaseUrl: 'http://127.0.0.1',
      postgres: { url: urls.postgres.href },
      nats: { servers: [urls.nats.href.replace(/\/$/, '')] },
      redis: { url: urls.redis.href },
      signingKeyFile: join(folder, 'signing.key'),
      media: { directory: join(folder, 'media') },
      appservices: service === 'appservice' ? [join(folder, 'irc.yaml')] : [],
    });
    if (parsed.kind === 'errors') throw new Error(parsed.errors.join('\n'));
    const starting = runProcess({
      modules: await loadModules([service]),
      config: parsed.config,
      listen: { metrics: { host: '127.0.0.1', port: metricsPort } },
      gateway: false,
      observability: testObservability(service),
    });
    void starting.then((running) => {
      process_ = running;
    });
    const whileAway = store === 'postgres' ? '"ready":false' : '"ready":true';
    await expect.poll(() => answer(metricsPort), { timeout: 20_000 }).toContain(whileAway);
    door = new Door();
    await door.open(port, servers[store]);
    await expect
      .poll(() => answer(metricsPort), { timeout: 20_000 })
      .toContain('"ready":true,"problems":[],"degraded":[]');
    process_ = await starting;
  });
});
