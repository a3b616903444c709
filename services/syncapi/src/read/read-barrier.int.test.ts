import { systemClock } from '@plexus/observability';
import { RpcError } from '@plexus/rpc';
import { beyondTheEnd, CommittedHeads, roomLog, userLog } from '@plexus/streams';
import { type TestDatabase, type TestStreams, testDatabase, testStreams } from '@plexus/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { member, message } from '../testing/scripted-rooms.ts';
import { type Others, Replica, startOthers } from '../testing/start-replica.ts';

const alice = '@alice:example.org';
const bob = '@bob:example.org';
let database: TestDatabase;
let streams: TestStreams;
let others: Others;
let replicas: readonly [Replica, Replica];

beforeAll(async () => {
  database = await testDatabase(['syncapi']);
  streams = await testStreams();
  others = startOthers(streams.connection);
  const { readLog } = others.rooms;
  others.rooms.readLog = (range) => {
    if (range.from === beyondTheEnd) headsAsked += 1;
    return readLog(range);
  };
  const start = () => Replica.start(database.database, streams.connection, others);
  replicas = [await start(), await start()];
});

afterAll(async () => {
  await Promise.all(replicas.map((replica) => replica.stop()));
  await others.stop();
  await streams.close();
  await database.drop();
});

/** How often the owner of the room log is asked for its head; consumers ask for entries. */
let headsAsked = 0;

const rounds = Array.from({ length: 20 }, (_, round) => round);

test('a read that begins after a write sees it, on every replica', async () => {
  for (const round of rounds) {
    const roomId = `!round${round}:example.org`;
    const params = { roomId };
    const query = { dir: 'b' };
    others.rooms.create(roomId, alice);
    for (const each of replicas) {
      expect(await each.get('client.getRoomEvents', alice, { params, query })).toMatchObject({ status: 200 });
      expect((await each.sync(alice)).body.rooms.join[roomId]).toBeDefined();
    }
    others.rooms.send(roomId, [member(bob, 'invite', alice)]);
    const [own, other] = round % 2 === 0 ? replicas : [replicas[1], replicas[0]];
    const before = (await own.sync(bob)).body;
    expect(before.rooms.invite[roomId]).toBeDefined();
    others.rooms.send(roomId, [member(bob, 'join')]);
    expect(await other.get('client.getRoomEvents', bob, { params, query })).toMatchObject({ status: 200 });
    const [eventId = ''] = others.rooms.send(roomId, [message(bob, 'hello')]);
    expect(await other.get('client.getEventContext', bob, { params: { roomId, eventId } })).toMatchObject({
      status: 200,
    });
    const after = (await other.sync(bob, { since: before.next_batch })).body;
    expect(after.rooms.join[roomId].timeline.events.at(-1).event_id).toBe(eventId);
    others.users.set(bob, undefined, 'org.example.round', { round });
    const synced = (await own.sync(bob, { since: after.next_batch })).body;
    expect(synced.account_data.events).toEqual([{ type: 'org.example.round', content: { round } }]);
    await own.setReceipt(bob, roomId, eventId);
    const receipts = (await other.sync(alice, { since: after.next_batch })).body.rooms.join[roomId].ephemeral.events;
    expect(receipts[0].content[eventId]['m.read'][bob]).toBeDefined();
  }
});

test('a read does not wait for a message of the stream that got lost', async () => {
  const { publish } = others.rooms;
  others.rooms.publish = () => undefined;
  others.rooms.create('!lost:example.org', alice);
  others.rooms.publish = publish;
  expect((await replicas[0].sync(alice)).body.rooms.join['!lost:example.org']).toBeDefined();
});

test('when the owner of a log does not answer, a read is answered with a temporary error', async () => {
  const { readLog } = others.rooms;
  others.rooms.readLog = async () => {
    throw new RpcError('UNAVAILABLE', 'nobody answers');
  };
  const answer = await replicas[0].sync(alice);
  others.rooms.readLog = readLog;
  expect(answer).toMatchObject({ status: 503, body: { errcode: 'M_UNKNOWN' } });
  expect(await replicas[0].sync(alice)).toMatchObject({ status: 200 });
});

test('reads of the same moment share one question to the owner', async () => {
  const before = headsAsked;
  await Promise.all(rounds.map(() => replicas[0].sync(alice)));
  expect(headsAsked - before).toBe(1);
});

test('the process that alone writes the logs asks nobody', async () => {
  const heads = new CommittedHeads(systemClock);
  const replica = await Replica.start(database.database, streams.connection, others, heads);
  try {
    heads.committed(roomLog.name, others.rooms.entries.length);
    heads.committed(userLog.name, others.users.entries.length);
    await replica.sync(alice);
    const before = headsAsked;
    const roomId = '!sole:example.org';
    others.rooms.create(roomId, alice);
    heads.committed(roomLog.name, others.rooms.entries.length);
    expect((await replica.sync(alice)).body.rooms.join[roomId]).toBeDefined();
    expect(headsAsked).toBe(before);
    heads.doubt();
    others.rooms.send(roomId, [message(alice, 'of an unknown commit')]);
    const { timeline } = (await replica.sync(alice)).body.rooms.join[roomId];
    expect(timeline.events.at(-1).content.body).toBe('of an unknown commit');
    expect(headsAsked).toBeGreaterThan(before);
  } finally {
    await replica.stop();
  }
});
