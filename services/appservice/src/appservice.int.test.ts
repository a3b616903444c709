import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignsOfLife } from '@plexus/appservices';
import type { RoomserverService, StoredEvent } from '@plexus/contracts/roomserver';
import { RoomserverServiceDefinition } from '@plexus/contracts/roomserver';
import type { RoomLogEntry } from '@plexus/contracts/streams/room-log';
import { systemClock } from '@plexus/observability';
import { bindService, RpcError } from '@plexus/rpc';
import type { ServiceModule } from '@plexus/service';
import { roomLog } from '@plexus/streams';
import { type Cluster, startCluster } from '@plexus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { service } from './main.ts';

/** A bridge that keeps its transactions and answers what it is told to. */
interface Bridge {
  url: string;
  status: number;
  transactions: { id: string; body: string }[];
}

/** The owner of a room log that grows as the test says. */
const log: RoomLogEntry[] = [];

function say(sender: string, type = 'm.room.message', stateKey?: string, membership?: string): number {
  const position = log.length + 1;
  const roomId = '!room:example.org';
  const content = membership === undefined ? { body: `${position}` } : { membership };
  const json = JSON.stringify({
    type,
    sender,
    content,
    origin_server_ts: position,
    ...(stateKey !== undefined && { state_key: stateKey }),
  });
  const event = {
    roomId,
    eventId: `$event${position}`,
    roomVersion: '11',
    type,
    stateKey,
    sender,
    originServerTs: position,
    json,
    stateChanges: stateKey === undefined ? [] : [{ type, stateKey, eventId: `$event${position}`, membership }],
    strippedState: [],
    historical: false,
  };
  log.push({ position, traceparent: '', kind: { $case: 'event', value: event } });
  return position;
}

function storedEvent(entry: RoomLogEntry): StoredEvent[] {
  return entry.kind?.$case === 'event' ? [{ ...entry.kind.value, position: entry.position }] : [];
}

const unasked = async (): Promise<never> => {
  throw new RpcError('UNIMPLEMENTED', 'not asked in these tests');
};
const roomserver: RoomserverService = {
  createRoom: unasked,
  sendEvents: unasked,
  inputEvents: unasked,
  queryState: unasked,
  queryMembers: unasked,
  queryMemberships: unasked,
  setAlias: unasked,
  upgradeRoom: unasked,
  forgetRoom: unasked,
  deleteRoom: unasked,
  purgeHistory: unasked,
  queryRemovals: unasked,
  setRoomBlocked: unasked,
  queryRoomBlocked: unasked,
  deleteAlias: unasked,
  resolveAliases: unasked,
  setDirectoryVisibility: unasked,
  setNetworkListing: unasked,
  queryPublishedRooms: unasked,
  queryAuthChains: unasked,
  queryStateIds: unasked,
  queryMissingEvents: unasked,
  queryEventsBefore: unasked,
  queryLatestEvents: unasked,
  queryJoinedServers: unasked,
  queryServersInRooms: unasked,
  queryHierarchy: unasked,
  queryRooms: async () => ({ rooms: [] }),
  readLog: async ({ from, to, limit }) => ({
    entries: log.slice(from - 1, Math.min(to === 0 ? log.length : to, from - 1 + limit)),
    head: log.length,
  }),
  getEvents: async ({ positions }) => ({
    events: log.filter(({ position }) => positions.includes(position)).flatMap(storedEvent),
  }),
};
const owner: ServiceModule = {
  name: 'roomserver',
  migrations: undefined,
  start: async () => ({
    rpc: [bindService(RoomserverServiceDefinition, roomserver)],
    handlers: {},
    readiness: async () => [],
    drain: async () => {},
    stop: async () => {},
  }),
};

describe('a bridge', () => {
  const bridge: Bridge = { url: '', status: 200, transactions: [] };
  const server = createServer((incoming, outgoing) => {
    let body = '';
    incoming.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    incoming.on('end', () => {
      const id = incoming.url?.split('/').at(-1) ?? '';
      if (incoming.method === 'PUT') bridge.transactions.push({ id, body });
      outgoing.writeHead(bridge.status).end('{}');
    });
  });
  let folder: string;
  let cluster: Cluster;
  const told = () =>
    [...new Map(bridge.transactions.map(({ id, body }) => [id, body])).values()].flatMap((body): string[] =>
      JSON.parse(body).events.map((event: { event_id: string }) => event.event_id),
    );

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    folder = await mkdtemp(join(tmpdir(), 'plexus-appservice-'));
    const file = join(folder, 'registration.yaml');
    const namespaces = { users: [{ regex: '@irc_.*', exclusive: true }], aliases: [], rooms: [] };
    const registration = {
      id: 'irc',
      url: `http://127.0.0.1:${port}`,
      as_token: 'as',
      hs_token: 'hs',
      sender_localpart: 'ircbot',
      namespaces,
    };
    await writeFile(file, JSON.stringify(registration));
    cluster = await startCluster({
      services: [owner, service],
      config: { serverName: 'example.org', appservices: [file] },
    });
  });

  afterAll(async () => {
    await cluster?.stop();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('hears nothing of a room that is none of its business', async () => {
    const before = say('@alice:example.org');
    await expect
      .poll(
        async () => {
          const rows = await cluster.database.query<{ position: number }>(
            { name: 'test_position', text: 'SELECT position FROM appservice.consumer_position WHERE log = $1' },
            [roomLog.name],
          );
          return rows[0]?.position;
        },
        { timeout: 10_000 },
      )
      .toBe(before);
    expect(bridge.transactions).toEqual([]);
  });

  it('hears of a room from the moment its user is invited, until after that user has left', async () => {
    const heard = [
      say('@alice:example.org', 'm.room.member', '@irc_bob:example.org', 'invite'),
      say('@irc_bob:example.org', 'm.room.member', '@irc_bob:example.org', 'join'),
      say('@alice:example.org'),
      say('@irc_bob:example.org', 'm.room.member', '@irc_bob:example.org', 'leave'),
    ];
    say('@alice:example.org');
    const last = say('@irc_bob:example.org');
    await expect
      .poll(() => told(), { timeout: 10_000 })
      .toEqual([...heard, last].map((position) => `$event${position}`));
  });

  it('that fails gets the same transaction again until it takes it', async () => {
    bridge.status = 500;
    const position = say('@irc_bob:example.org');
    const failed = bridge.transactions.length;
    await expect.poll(() => bridge.transactions.length, { timeout: 10_000 }).toBeGreaterThan(failed + 1);
    say('@irc_bob:example.org');
    bridge.status = 200;
    await expect.poll(() => told(), { timeout: 10_000 }).toContain(`$event${log.length}`);
    const tries = bridge.transactions.slice(failed);
    const [first] = tries;
    expect(JSON.parse(first?.body ?? '{}').events).toMatchObject([{ event_id: `$event${position}` }]);
    const same = tries.filter(({ id }) => id === first?.id);
    expect(same.length).toBeGreaterThan(2);
    expect(new Set(same.map(({ body }) => body)).size).toBe(1);
    expect(told()).toEqual([...new Set(told())]);
  });

  it('that fails is reported once, with what to do, and once when it is well again', async () => {
    const lines = () => cluster.observability.lines.filter((line) => JSON.stringify(line).includes('the bridge '));
    const before = lines().length;
    bridge.status = 401;
    say('@irc_bob:example.org');
    const failed = bridge.transactions.length;
    await expect.poll(() => bridge.transactions.length, { timeout: 10_000 }).toBeGreaterThan(failed + 2);
    expect(lines().slice(before)).toHaveLength(1);
    expect(JSON.stringify(lines().at(-1))).toMatch(/refuses the `hs_token`.*"irc"|"irc".*refuses the `hs_token`/);
    bridge.status = 200;
    await expect.poll(() => JSON.stringify(lines().at(-1)), { timeout: 20_000 }).toContain('takes transactions again');
    expect(lines().slice(before)).toHaveLength(2);
  });

  it('that shows that it lives, by any request of its own, is tried at once', async () => {
    bridge.status = 500;
    say('@irc_bob:example.org');
    const failed = bridge.transactions.length;
    await expect.poll(() => bridge.transactions.length, { timeout: 20_000 }).toBe(failed + 4);
    bridge.status = 200;
    const seenAt = performance.now();
    new SignsOfLife(cluster.streams, systemClock).seen('irc');
    await expect.poll(() => bridge.transactions.length, { timeout: 20_000 }).toBe(failed + 5);
    // After four failures the next try is due in four to eight seconds.
    expect(performance.now() - seenAt).toBeLessThan(4_000);
  });

  it('gives its registrations away without its tokens', async () => {
    const { registrations } = await cluster.clients.appservice.listRegistrations({});
    expect(registrations).toMatchObject([
      { id: 'irc', senderLocalpart: 'ircbot', users: [{ regex: '@irc_.*', exclusive: true }] },
    ]);
    expect(registrations[0]?.asTokenHash).toHaveLength(32);
    expect(
      await cluster.clients.appservice.queryExistence({ subject: { $case: 'userId', value: '@irc_new:example.org' } }),
    ).toEqual({ exists: true });
    expect(
      await cluster.clients.appservice.queryExistence({ subject: { $case: 'userId', value: '@carol:example.org' } }),
    ).toEqual({ exists: false });
  });
});
