import { connectStreams, roomLog, type StreamConnection } from '@plexus/streams';
import {
  connected,
  eventually,
  type TestDatabase,
  type TestNats,
  testDatabase,
  testNats,
  testObservability,
} from '@plexus/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { member, message } from '../testing/scripted-rooms.ts';
import { type Others, Replica, startOthers } from '../testing/start-replica.ts';

const alice = '@alice:example.org';
const bob = '@bob:example.org';
const roomId = '!room:example.org';
let database: TestDatabase;
let nats: TestNats;
let others: Others;
let streams: StreamConnection;
const started: (() => Promise<void>)[] = [];

beforeEach(async () => {
  database = await testDatabase(['syncapi']);
  nats = await testNats();
  streams = await connect();
  others = startOthers(streams);
  started.push(() => others.stop());
  others.rooms.create(roomId, alice);
  others.rooms.send(roomId, [member(bob, 'join')]);
});

afterEach(async () => {
  for (const stop of started.splice(0).toReversed()) await stop();
  await nats.stop();
  await database.drop();
});

async function connect(): Promise<StreamConnection> {
  const connection = connectStreams({ servers: [nats.url], observability: testObservability() });
  started.push(() => connection.close());
  await connected(connection);
  return connection;
}

async function startReplica(): Promise<Replica> {
  const replica = await Replica.start(database.database, await connect(), others);
  started.push(() => replica.stop());
  return replica;
}

/** Syncs on until everything that was sent is told; every body in the order in which it came. */
async function follow(replicas: readonly Replica[], since: string, wanted: number): Promise<string[]> {
  const told: string[] = [];
  let token = since;
  for (let turn = 0; told.length < wanted && turn < 200; turn++) {
    const filter = JSON.stringify({ room: { timeline: { limit: 500 } } });
    const replica = replicas[turn % replicas.length];
    if (replica === undefined) break;
    const { body } = await replica.sync(bob, { since: token, timeout: '500', filter });
    token = body.next_batch;
    for (const event of body.rooms?.join?.[roomId]?.timeline.events ?? []) told.push(event.content.body);
  }
  return told;
}

async function upToDate(replica: Replica): Promise<string> {
  let token = '';
  await eventually('the replica is up to date', async () => {
    token = (await replica.sync(bob)).body.next_batch;
    return Number(token.split('_')[1]) >= others.rooms.entries.length;
  });
  return token;
}

async function indexed(): Promise<{ rows: number; position: number }> {
  const [row] = await database.database.query<{ rows: number; position: number }>(
    {
      name: 'test_index',
      text: `SELECT (SELECT count(*) FROM syncapi.timeline)::integer AS rows, position
             FROM syncapi.consumer_position WHERE log = 'ROOM_LOG'`,
    },
    [],
  );
  return row ?? { rows: 0, position: 0 };
}

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `m${index}`);

it('two replicas tell everything once, write the index once, and serve each other’s tokens', async () => {
  const replicas = [await startReplica(), await startReplica()];
  const [first, second] = replicas;
  if (first === undefined || second === undefined) throw new Error('no replicas');
  const since = await upToDate(first);
  await upToDate(second);
  const sending = (async () => {
    for (const body of numbered(60)) {
      others.rooms.send(roomId, [message(alice, body)]);
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  const told = await follow(replicas, since, 60);
  await sending;
  expect(told).toEqual(numbered(60));
  await upToDate(second);
  const { rows, position } = await indexed();
  expect(position).toBe(others.rooms.entries.length);
  expect(rows).toBe(others.rooms.entries.length);
});

it('a replica that was away reads what it missed from the owner, and old tokens are answered from the index', async () => {
  const gone = await startReplica();
  const since = await upToDate(gone);
  await gone.stop();
  others.rooms.send(
    roomId,
    numbered(30).map((body) => message(alice, body)),
  );
  const back = await startReplica();
  expect(await follow([back], since, 30)).toEqual(numbered(30));
  expect((await indexed()).rows).toBe(others.rooms.entries.length);
});

it('goes on while NATS is gone, and when it comes back without its streams', async () => {
  const replica = await startReplica();
  let since = await upToDate(replica);
  await nats.kill();
  others.rooms.send(roomId, [message(alice, 'm0')]);
  expect(await follow([replica], since, 1)).toEqual(['m0']);
  since = await upToDate(replica);
  await nats.start({ wiped: true });
  others.rooms.send(roomId, [message(alice, 'm1')]);
  expect(await follow([replica], since, 1)).toEqual(['m1']);
  since = await upToDate(replica);
  await eventually('NATS is connected again', () => streams.isConnected());
  others.rooms.send(roomId, [message(alice, 'm2')]);
  expect(await follow([replica], since, 1)).toEqual(['m2']);
  expect((await indexed()).rows).toBe(others.rooms.entries.length);
});

it('a room whose membership changed while nobody was in memory is told as it stands', async () => {
  const replica = await startReplica();
  const since = await upToDate(replica);
  await replica.stop();
  others.rooms.send(roomId, [message(alice, 'before'), member(bob, 'leave', alice), message(alice, 'secret')]);
  others.rooms.create('!other:example.org', alice);
  others.rooms.send('!other:example.org', [member(bob, 'invite', alice)]);
  const back = await startReplica();
  await eventually('the log is applied', async () => (await indexed()).position === others.rooms.entries.length);
  const { body } = await back.sync(bob, { since, timeout: '2000' });
  expect(body.rooms.join).toBeUndefined();
  const left = body.rooms.leave[roomId].timeline.events;
  expect(left.map((event: { content: object }) => event.content)).toEqual([
    { body: 'before', msgtype: 'm.text' },
    { membership: 'leave' },
  ]);
  expect(Object.keys(body.rooms.invite)).toEqual(['!other:example.org']);
});

describe('a room with an entry that cannot be applied', () => {
  const otherRoom = '!other:example.org';
  // PostgreSQL takes no U+0000 in text: this state key cannot be written.
  const poison = { sender: alice, type: 'org.example', stateKey: 'a\0b', content: {} };
  const selectParked = { name: 'test_parked', text: 'SELECT position FROM syncapi.dead_letter ORDER BY position' };
  const parked = async () =>
    (await database.database.query<{ position: number }>(selectParked, [])).map(({ position }) => position);

  it('is set aside, and the other rooms go on', async () => {
    others.rooms.create(otherRoom, alice);
    others.rooms.send(otherRoom, [member(bob, 'join')]);
    const replica = await startReplica();
    let since = await upToDate(replica);
    others.rooms.send(roomId, [message(alice, 'm0')]);
    expect(await follow([replica], since, 1)).toEqual(['m0']);
    since = await upToDate(replica);
    others.rooms.send(roomId, [poison]);
    others.rooms.send(roomId, [message(alice, 'm1')]);
    others.rooms.send(otherRoom, [message(alice, 'elsewhere')]);
    await eventually('the log is applied', async () => (await indexed()).position === others.rooms.entries.length);
    const head = others.rooms.entries.length;
    expect(await parked()).toEqual([head - 2, head - 1]);
    const { body } = await replica.sync(bob, { since, timeout: '2000' });
    expect(Object.keys(body.rooms.join)).toEqual([otherRoom]);
  });

  it('is told whole by every replica when it is released', async () => {
    const replicas = [await startReplica(), await startReplica()];
    others.rooms.send(roomId, [poison]);
    others.rooms.send(roomId, [message(alice, 'behind')]);
    await eventually('the log is applied', async () => (await indexed()).position === others.rooms.entries.length);
    expect(await parked()).toHaveLength(2);
    // What stood in its way is gone, as after a new version of the software.
    const entry = Buffer.from(
      roomLog.encode([{ position: others.rooms.entries.length - 1, traceparent: '', kind: undefined }]),
    );
    await database.database.query(
      {
        name: 'test_release',
        text: 'UPDATE syncapi.dead_letter SET retry = true, entry = CASE WHEN position = $1 THEN $2 ELSE entry END',
      },
      [others.rooms.entries.length - 1, entry],
    );
    await eventually('the room is free', async () => (await parked()).length === 0, 12_000);
    others.rooms.send(roomId, [message(alice, 'after')]);
    await eventually('the log is applied', async () => (await indexed()).position === others.rooms.entries.length);
    for (const replica of replicas) {
      const bodies = async () => {
        const { body } = await replica.sync(bob, {});
        const events: { content: { body?: string } }[] = body.rooms.join[roomId].timeline.events;
        return events.flatMap(({ content }) => content.body ?? []).slice(-2);
      };
      await eventually('both are told', async () => (await bodies()).join() === 'behind,after');
    }
  });
});

it('a draining replica ends its polls with a token at once', async () => {
  const replica = await startReplica();
  const since = await upToDate(replica);
  const poll = replica.sync(bob, { since, timeout: '30000' });
  await replica.service.drain();
  expect((await poll).body.next_batch).toBe(since);
  expect((await replica.sync(bob, { since, timeout: '30000' })).body.next_batch).toBe(since);
});
