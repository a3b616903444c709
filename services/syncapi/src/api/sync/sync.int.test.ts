import { MatrixHttpError } from '@plexus/http';
import { publishBroadcast, typing as typingStream } from '@plexus/streams';
import { eventually } from '@plexus/testkit';
import { describe, expect, it } from 'vitest';
import { member, message } from '../../testing/scripted-rooms.ts';
import { withReplica } from '../../testing/with-replica.ts';

const alice = '@alice:example.org';
const bob = '@bob:example.org';
const { database, streams, others, replica } = await withReplica();
let rooms = 0;

/** A room of Alice's in which Bob is too. */
function roomOfTwo(visibility?: string): string {
  rooms += 1;
  const roomId = `!room${rooms}:example.org`;
  others.rooms.create(roomId, alice, visibility);
  others.rooms.send(roomId, [member(bob, 'join')]);
  return roomId;
}

/** Resolves when this replica has applied everything, and gives a token from there. */
async function tokenOf(userId: string, query: Record<string, string> = {}): Promise<string> {
  const head = others.rooms.entries.length;
  let token = '';
  await eventually('the log is applied', async () => {
    const { body } = await replica.sync(userId, query);
    token = body.next_batch;
    return Number(token.split('_')[1]) >= head;
  });
  return token;
}

const bodies = (events: { content: { body?: string } }[]) => events.map((event) => event.content.body);

describe('a first sync', () => {
  it('tells rooms with timeline, state at its start, and a token to go on from', async () => {
    const roomId = roomOfTwo();
    others.rooms.send(
      roomId,
      Array.from({ length: 15 }, (_, index) => message(alice, `m${index}`)),
    );
    await tokenOf(bob);
    const { status, body } = await replica.sync(bob);
    expect(status).toBe(200);
    const room = body.rooms.join[roomId];
    expect(bodies(room.timeline.events)).toEqual(Array.from({ length: 10 }, (_, index) => `m${index + 5}`));
    expect(room.timeline.limited).toBe(true);
    expect(room.timeline.prev_batch).toMatch(/^t1_\d+$/);
    expect(room.state.events.map((event: { type: string }) => event.type).sort()).toEqual([
      'm.room.create',
      'm.room.history_visibility',
      'm.room.member',
      'm.room.member',
    ]);
    expect(body.device_one_time_keys_count).toEqual({});
    expect(body.device_unused_fallback_key_types).toEqual([]);
    expect(body.account_data.events.map((event: { type: string }) => event.type)).toEqual(['m.push_rules']);
  });

  it('answers in the dialect of the request: state at the end, under the name that was asked for', async () => {
    const roomId = roomOfTwo();
    others.rooms.send(roomId, [{ sender: alice, type: 'm.room.topic', stateKey: '', content: { topic: 'new' } }]);
    await tokenOf(bob);
    const stable = (await replica.sync(bob, { use_state_after: 'true' })).body.rooms.join[roomId];
    expect(stable.state).toBeUndefined();
    expect(stable.state_after.events.some((event: { type: string }) => event.type === 'm.room.topic')).toBe(true);
    const unstable = (await replica.sync(bob, { 'org.matrix.msc4222.use_state_after': 'true' })).body.rooms.join[
      roomId
    ];
    expect(Object.keys(unstable)).not.toContain('state');
    expect(Object.keys(unstable)).not.toContain('state_after');
    expect(unstable['org.matrix.msc4222.state_after'].events).toHaveLength(5);
  });

  it('asks roomserver once for the state of all rooms', async () => {
    for (let index = 0; index < 5; index++) roomOfTwo();
    await tokenOf(bob);
    const before = others.rooms.calls.queryState;
    await replica.sync(bob);
    expect(others.rooms.calls.queryState - before).toBe(1);
  });
});

describe('an incremental sync', () => {
  it('of a live client touches no other service', async () => {
    const roomId = roomOfTwo();
    const since = await tokenOf(bob);
    await replica.sync(bob, { since });
    const before = { ...others.rooms.calls };
    others.rooms.send(roomId, [message(alice, 'hello')]);
    const { body } = await replica.sync(bob, { since, timeout: '5000' });
    expect(bodies(body.rooms.join[roomId].timeline.events)).toEqual(['hello']);
    expect(body.rooms.join[roomId].timeline.limited).toBe(false);
    const { readLog: _, ...asked } = others.rooms.calls;
    expect(before).toMatchObject(asked);
  });

  it('gives the transaction id to the sending device alone', async () => {
    const roomId = roomOfTwo();
    const since = await tokenOf(alice);
    others.rooms.send(roomId, [{ ...message(alice, 'mine'), deviceId: 'PHONE', transactionId: 'txn"1' }]);
    const [phone, laptop, other] = await Promise.all([
      replica.sync(alice, { since, timeout: '5000' }, { deviceId: 'PHONE' }),
      replica.sync(alice, { since, timeout: '5000' }, { deviceId: 'LAPTOP' }),
      replica.sync(bob, { since, timeout: '5000' }, { deviceId: 'PHONE' }),
    ]);
    const event = (answer: typeof phone) => answer.body.rooms.join[roomId].timeline.events[0];
    const shared = { age: expect.any(Number), membership: 'join' };
    expect(event(phone).unsigned).toEqual({ ...shared, transaction_id: 'txn"1' });
    expect(event(laptop).unsigned).toEqual(shared);
    expect(event(other).unsigned).toEqual(shared);
  });

  it('tells an invite with its stripped state, then the room when it is joined, then the leaving and nothing after', async () => {
    rooms += 1;
    const roomId = `!room${rooms}:example.org`;
    const since = await tokenOf(bob);
    others.rooms.create(roomId, alice);
    const name = JSON.stringify({ type: 'm.room.name', state_key: '', sender: alice, content: { name: 'N' } });
    others.rooms.send(roomId, [{ ...member(bob, 'invite', alice), strippedState: [name] }]);
    const invited = await replica.sync(bob, { since, timeout: '5000' });
    const { events } = invited.body.rooms.invite[roomId].invite_state;
    expect(events.map((event: { type: string }) => event.type)).toEqual(['m.room.name', 'm.room.member']);
    others.rooms.send(roomId, [member(bob, 'join')]);
    const joined = await replica.sync(bob, { since: invited.body.next_batch, timeout: '5000' });
    expect(joined.body.rooms.invite).toBeUndefined();
    const room = joined.body.rooms.join[roomId];
    expect(room.timeline.events.length + (room.state?.events.length ?? 0)).toBe(5);
    expect(room.timeline.limited).toBe(true);
    others.rooms.send(roomId, [message(alice, 'last'), member(bob, 'leave', alice), message(alice, 'secret')]);
    await tokenOf(alice);
    const left = await replica.sync(bob, { since: joined.body.next_batch, timeout: '5000' });
    expect(left.body.rooms.join).toBeUndefined();
    expect(bodies(left.body.rooms.leave[roomId].timeline.events)).toEqual(['last', undefined]);
    others.rooms.send(roomId, [message(alice, 'more')]);
    await tokenOf(alice);
    expect((await replica.sync(bob, { since: left.body.next_batch })).body.rooms).toBeUndefined();
  });

  it('tells a declined invite as a left room with nothing but the own membership', async () => {
    rooms += 1;
    const roomId = `!room${rooms}:example.org`;
    others.rooms.create(roomId, alice);
    others.rooms.send(roomId, [member(bob, 'invite', alice)]);
    const since = await tokenOf(bob);
    others.rooms.send(roomId, [message(alice, 'secret'), member(bob, 'leave')]);
    const { body } = await replica.sync(bob, { since, timeout: '5000' });
    expect(body.rooms.leave[roomId].timeline.events.map((event: { type: string }) => event.type)).toEqual([
      'm.room.member',
    ]);
  });

  it('of one who was never in a room tells nothing of it from the index either', async () => {
    rooms += 1;
    const roomId = `!room${rooms}:example.org`;
    const since = await tokenOf(bob);
    others.rooms.create(roomId, alice);
    others.rooms.send(roomId, [
      { sender: alice, type: 'm.room.topic', stateKey: '', content: { topic: 'not for you' } },
      member(bob, 'invite', alice),
      member(bob, 'leave'),
    ]);
    await tokenOf(alice);
    const filter = JSON.stringify({ room: { include_leave: true } });
    for (const query of [{ filter }, { since, full_state: 'true' }]) {
      const { body } = await replica.sync(bob, query);
      const room = body.rooms.leave[roomId];
      expect(room.timeline.events.map((event: { state_key: string }) => event.state_key)).toEqual([bob]);
      expect(JSON.stringify(room)).not.toContain('not for you');
    }
  });

  it('with full_state tells all state, and of the timeline what is new', async () => {
    const roomId = roomOfTwo();
    others.rooms.send(roomId, [message(alice, 'old')]);
    const since = await tokenOf(bob);
    others.rooms.send(roomId, [message(alice, 'new')]);
    await tokenOf(alice);
    const room = (await replica.sync(bob, { since, full_state: 'true', timeout: '30000' })).body.rooms.join[roomId];
    expect(bodies(room.timeline.events)).toEqual(['new']);
    expect(room.state.events).toHaveLength(4);
  });

  it('limits the timeline and puts the state of the gap beside it', async () => {
    const roomId = roomOfTwo();
    const since = await tokenOf(bob);
    others.rooms.send(roomId, [
      { sender: alice, type: 'm.room.topic', stateKey: '', content: { topic: 'one' } },
      { sender: alice, type: 'm.room.topic', stateKey: '', content: { topic: 'two' } },
      ...Array.from({ length: 12 }, (_, index) => message(alice, `m${index}`)),
    ]);
    await tokenOf(alice);
    const room = (await replica.sync(bob, { since })).body.rooms.join[roomId];
    expect(room.timeline.limited).toBe(true);
    expect(room.timeline.events).toHaveLength(10);
    expect(room.state.events.map((event: { content: { topic: string } }) => event.content.topic)).toEqual(['two']);
    const page = await replica.call('client.getRoomEvents', bob, {
      params: { roomId },
      query: { dir: 'b', from: room.timeline.prev_batch, to: since, limit: '50' },
    });
    expect(page.body.chunk.map((event: { type: string }) => event.type)).toEqual([
      'm.room.message',
      'm.room.message',
      'm.room.topic',
      'm.room.topic',
    ]);
    expect(page.body.end).toBeUndefined();
  });

  it('sends lazily loaded members once to a device that goes on from its answers', async () => {
    const roomId = roomOfTwo();
    const filter = JSON.stringify({ room: { state: { lazy_load_members: true } } });
    others.rooms.send(
      roomId,
      Array.from({ length: 10 }, () => message(bob, 'mine')),
    );
    await tokenOf(bob);
    const since = (await replica.sync(bob, { filter })).body.next_batch;
    others.rooms.send(roomId, [message(alice, 'one')]);
    const one = await replica.sync(bob, { since, filter, timeout: '5000' });
    // Alice was told as the room's hero.
    expect(one.body.rooms.join[roomId].state).toBeUndefined();
    others.rooms.send(roomId, [message(alice, 'two')]);
    const two = await replica.sync(bob, { since: one.body.next_batch, filter, timeout: '5000' });
    expect(two.body.rooms.join[roomId].state).toBeUndefined();
    // The answer got lost: the client comes with the older token, and everything is told again.
    const again = await replica.sync(bob, { since, filter });
    const { state } = again.body.rooms.join[roomId];
    expect(state.events.map((event: { state_key: string }) => event.state_key)).toContain(alice);
  });

  it('names as heroes users only, whatever members a room of other servers has', async () => {
    const roomId = roomOfTwo();
    const junk = ['notauser', '@', '@noserver', '@bob:', '@bob:exa mple.org', '@bob:example.org:port', '@bob:[::1'];
    const invited = ['@carol:example.org', '@dave d:[::1]:8448'];
    others.rooms.send(
      roomId,
      [...junk, ...invited].map((target) => member(target, 'invite', alice)),
    );
    await tokenOf(bob);
    const filter = JSON.stringify({ room: { state: { lazy_load_members: true } } });
    const { summary } = (await replica.sync(bob, { filter })).body.rooms.join[roomId];
    expect(summary['m.heroes']).toEqual([alice, ...invited]);
  });

  it('shows a redaction and the event without its content', async () => {
    const roomId = roomOfTwo();
    const since = await tokenOf(bob);
    const [eventId = ''] = others.rooms.send(roomId, [message(alice, 'regretted')]);
    others.rooms.redact(roomId, eventId, alice);
    await tokenOf(alice);
    const { events } = (await replica.sync(bob, { since })).body.rooms.join[roomId].timeline;
    expect(events[0].content).toEqual({});
    expect(events[0].unsigned.redacted_because.type).toBe('m.room.redaction');
    expect(events[1].type).toBe('m.room.redaction');
    expect(JSON.stringify((await replica.sync(bob)).body)).not.toContain('regretted');
  });

  it('tells account data when it changes, global and of rooms', async () => {
    const roomId = roomOfTwo();
    const since = await tokenOf(bob);
    others.users.set(bob, undefined, 'org.example', { a: 1 });
    others.users.set(bob, roomId, 'm.tag', { tags: {} });
    await eventually('both are told', async () => {
      const { body } = await replica.sync(bob, { since });
      return body.account_data !== undefined && body.rooms?.join[roomId]?.account_data !== undefined;
    });
    expect((await replica.sync(alice, { since })).body.account_data).toBeUndefined();
  });

  it('without news waits for its time and ends with a token', async () => {
    const since = await tokenOf(bob);
    const start = performance.now();
    const { status, body } = await replica.sync(bob, { since, timeout: '200' });
    expect(status).toBe(200);
    expect(performance.now() - start).toBeGreaterThan(150);
    expect(body.rooms).toBeUndefined();
    expect(body.next_batch).toBe(since);
  });

  it('ends with its token when the client goes', async () => {
    const since = await tokenOf(bob);
    const client = new AbortController();
    const answer = replica.sync(bob, { since, timeout: '30000' }, { signal: client.signal });
    client.abort();
    expect((await answer).body.next_batch).toBe(since);
  });
});

describe('a long poll', () => {
  it('that began before its session ended is refused at its end, with or without news', async () => {
    const roomId = roomOfTwo();
    const since = await tokenOf(bob);
    const loggedOut = () => {
      throw new MatrixHttpError(401, 'M_UNKNOWN_TOKEN', 'The session has ended');
    };
    const refused = { status: 401, body: { errcode: 'M_UNKNOWN_TOKEN' } };
    const given = { reauthenticate: loggedOut };
    expect(await replica.sync(bob, { since, timeout: '100' }, given)).toMatchObject(refused);
    const poll = replica.sync(bob, { since, timeout: '20000' }, given);
    // Typing ends polls and is nothing that the read barrier waits for, so the poll is waiting when it comes.
    await replica.sync(alice);
    let version = 0;
    const type = setInterval(() => {
      version += 1;
      publishBroadcast(streams.connection, typingStream, { roomId, userIds: [alice], version, traceparent: '' });
    }, 200);
    try {
      expect(await poll).toMatchObject(refused);
    } finally {
      clearInterval(type);
    }
  });
});

describe('a room that was left', () => {
  it.each(['shared', 'joined', 'invited'])('shows nothing of between a kick and a ban (%s)', async (visibility) => {
    const roomId = roomOfTwo(visibility);
    const since = await tokenOf(bob);
    const topic = { sender: alice, type: 'm.room.topic', stateKey: '', content: { topic: 'SECRET' } };
    others.rooms.send(roomId, [message(alice, 'seen'), member(bob, 'leave', alice)]);
    others.rooms.send(roomId, [message(alice, 'SECRET'), topic, member(bob, 'ban', alice)]);
    await tokenOf(alice);
    const filter = JSON.stringify({ room: { timeline: { limit: 1 } } });
    for (const query of [{ since }, { since, filter }, { since, use_state_after: 'true' }]) {
      const left = (await replica.sync(bob, query)).body.rooms.leave[roomId];
      expect(JSON.stringify(left)).not.toContain('SECRET');
      expect(left.timeline.events.at(-1).content).toEqual({ membership: 'ban' });
    }
    const { events } = (await replica.sync(bob, { since })).body.rooms.leave[roomId].timeline;
    expect(bodies(events)).toEqual(['seen', undefined, undefined]);
  });
});

describe('the summary of a room', () => {
  it('is for every client, and names who was there when everybody else has left', async () => {
    const roomId = roomOfTwo();
    await tokenOf(bob);
    const first = (await replica.sync(bob)).body.rooms.join[roomId].summary;
    expect(first).toEqual({ 'm.heroes': [alice], 'm.joined_member_count': 2, 'm.invited_member_count': 0 });
    const since = await tokenOf(bob);
    others.rooms.send(roomId, [member(alice, 'leave')]);
    await tokenOf(bob);
    const next = (await replica.sync(bob, { since })).body.rooms.join[roomId].summary;
    expect(next).toEqual({ 'm.heroes': [alice], 'm.joined_member_count': 1, 'm.invited_member_count': 0 });
  });
});

describe('account data of a first sync', () => {
  it('is of the position that the token names: what comes after is no older value', async () => {
    roomOfTwo();
    await tokenOf(bob);
    const { getAccountData } = others.users;
    // The value changes twice while the response is made, and the log brings the changes late.
    const { publish } = others.users;
    others.users.publish = () => undefined;
    others.users.getAccountData = async (request) => {
      others.users.set(bob, undefined, 'org.example.version', { version: 1 });
      others.users.set(bob, undefined, 'org.example.version', { version: 2 });
      return getAccountData(request);
    };
    const { account_data: first, next_batch: since } = (await replica.sync(bob)).body;
    others.users.getAccountData = getAccountData;
    others.users.publish = publish;
    const versionIn = (data?: { events: { type: string; content: { version?: number } }[] }) =>
      data?.events.find(({ type }) => type === 'org.example.version')?.content.version;
    expect(versionIn(first)).toBe(2);
    expect(versionIn((await replica.sync(bob, { since })).body.account_data)).toBeUndefined();
  });
});

describe('typing', () => {
  it('is ended for who is not in the room any more, and for nobody else', async () => {
    const roomId = roomOfTwo();
    await tokenOf(bob);
    publishBroadcast(streams.connection, typingStream, { roomId, userIds: [alice, bob], version: 1, traceparent: '' });
    const isTyping = async () =>
      JSON.stringify((await replica.sync(alice)).body.rooms.join[roomId]).includes('m.typing');
    await eventually('typing is seen', isTyping);
    others.rooms.send(roomId, [message(alice, 'x'), member('@carol:example.org', 'ban', alice)]);
    others.rooms.send(roomId, [{ ...member(alice, 'join'), content: { membership: 'join', displayname: 'A' } }]);
    others.rooms.send(roomId, [member(bob, 'leave', alice)]);
    await eventually('the owner is told', () => others.endedTyping.length > 0);
    expect(others.endedTyping).toEqual([{ roomId, userId: bob }]);
  });

  it('is seen within 100 ms, and ends with an empty list', async () => {
    const roomId = roomOfTwo();
    let since = await tokenOf(bob);
    const delays: number[] = [];
    for (let version = 1; version <= 6; version++) {
      const userIds = version % 2 === 0 ? [] : [alice];
      const poll = replica.sync(bob, { since, timeout: '5000' });
      const start = performance.now();
      publishBroadcast(streams.connection, typingStream, { roomId, userIds, version, traceparent: '' });
      const { body } = await poll;
      delays.push(performance.now() - start);
      expect(body.rooms.join[roomId].ephemeral.events).toEqual([{ type: 'm.typing', content: { user_ids: userIds } }]);
      since = body.next_batch;
    }
    // The median: one round may meet a machine that does something else.
    expect(delays.toSorted((a, b) => a - b)[3]).toBeLessThan(100);
  });
});

describe('receipts', () => {
  it('are told to the room, private ones to their owner alone', async () => {
    const roomId = roomOfTwo();
    const [eventId = ''] = others.rooms.send(roomId, [message(alice, 'read me')]);
    const since = await tokenOf(bob);
    await tokenOf(alice);
    expect(await replica.setReceipt(bob, roomId, eventId)).toEqual({});
    expect(await replica.setReceipt(bob, roomId, eventId, { type: 'm.read.private' })).toEqual({});
    const typesFor = async (userId: string) => {
      const { body } = await replica.sync(userId, { since });
      return Object.keys(body.rooms?.join[roomId]?.ephemeral?.events[0]?.content[eventId] ?? {}).sort();
    };
    await eventually('the owner sees both', async () => (await typesFor(bob)).length === 2);
    expect(await typesFor(bob)).toEqual(['m.read', 'm.read.private']);
    expect(await typesFor(alice)).toEqual(['m.read']);
  });

  it('of unknown events and backward ones change nothing; strangers are refused', async () => {
    const roomId = roomOfTwo();
    const [first = '', second = ''] = others.rooms.send(roomId, [message(alice, '1'), message(alice, '2')]);
    await tokenOf(bob);
    await replica.setReceipt(bob, roomId, second);
    const before = await rowsOf(roomId);
    expect(before).toMatchObject([{ event_id: second }]);
    await replica.setReceipt(bob, roomId, first);
    await replica.setReceipt(bob, roomId, `$${'x'.repeat(43)}`);
    await replica.setReceipt(bob, roomId, second, { threadId: `$${'y'.repeat(43)}` });
    expect(await rowsOf(roomId)).toEqual(before);
    expect((await replica.setReceipt('@eve:example.org', roomId, first)).error?.errcode).toBe('M_FORBIDDEN');
    expect((await replica.setReceipt(bob, roomId, first, { type: 'm.other' })).error?.errcode).toBe('M_INVALID_PARAM');
  });

  function rowsOf(roomId: string): Promise<{ count: number; event_id: string }[]> {
    return database.database.query(
      {
        name: 'test_receipts',
        text: 'SELECT count(*)::integer AS count, max(event_id) AS event_id FROM syncapi.receipt WHERE room_id = $1',
      },
      [roomId],
    );
  }
});

describe('bad input', () => {
  it.each([
    [{ since: 'garbage' }, 'M_INVALID_PARAM'],
    [{ since: 's1_-1_0_0_0' }, 'M_INVALID_PARAM'],
    [{ since: 's1_18446744073709551616_0_0_0' }, 'M_INVALID_PARAM'],
    [{ since: 's1_9007199254740991_0_0_0' }, 'M_UNKNOWN_POS'],
    [{ since: 's9_1_0_0_0' }, 'M_UNKNOWN_POS'],
    [{ filter: '{"room":{"timeline":{"limit":-1}}}' }, 'M_INVALID_PARAM'],
    [{ filter: '{"room":{"timeline":{"limit":1.5}}}' }, 'M_INVALID_PARAM'],
    [{ filter: '{"room":' }, 'M_INVALID_PARAM'],
    [{ filter: `{${'x'.repeat(1 << 20)}` }, 'M_INVALID_PARAM'],
    [{ filter: '77' }, 'M_INVALID_PARAM'],
    [{ timeout: '-1' }, 'M_INVALID_PARAM'],
    [{ full_state: 'maybe' }, 'M_INVALID_PARAM'],
    [{ set_presence: 'asleep' }, 'M_INVALID_PARAM'],
  ])('%.60j is refused as %s', async (query, errcode) => {
    const { status, body } = await replica.sync(bob, query);
    expect([status, body.errcode]).toEqual([400, errcode]);
  });

  it('takes a limit of 10^9 as what it can give', async () => {
    const filter = JSON.stringify({ room: { timeline: { limit: 1_000_000_000 } } });
    expect((await replica.sync(bob, { filter })).status).toBe(200);
  });
});
