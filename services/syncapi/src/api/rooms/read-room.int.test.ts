import { eventually } from '@plexus/testkit';
import { describe, expect, it } from 'vitest';
import { member, message } from '../../testing/scripted-rooms.ts';
import { withReplica } from '../../testing/with-replica.ts';

const alice = '@alice:example.org';
const bob = '@bob:example.org';
const { others, replica, applied } = await withReplica();

const messages = (roomId: string, userId: string, query: Record<string, string>) =>
  replica.call('client.getRoomEvents', userId, { params: { roomId }, query });
const context = (roomId: string, eventId: string, query: Record<string, string> = {}) =>
  replica.call('client.getEventContext', alice, { params: { roomId, eventId }, query });

interface Shown {
  readonly event_id: string;
  readonly type: string;
  readonly content: { readonly body?: string };
}
const bodiesOf = (events: Shown[]) => events.map((event) => event.content.body).filter((body) => body !== undefined);

/** All pages from one end to the other. */
async function allPages(roomId: string, dir: 'b' | 'f', limit: number): Promise<Shown[]> {
  const events: Shown[] = [];
  let from: string | undefined;
  do {
    const { body } = await messages(roomId, alice, { dir, limit: String(limit), ...(from !== undefined && { from }) });
    events.push(...body.chunk);
    from = body.end;
  } while (from !== undefined);
  return events;
}

describe('/messages', () => {
  it('of a room that 32 people write at once pages back complete, in order, in pages of any size', async () => {
    const roomId = '!busy:example.org';
    others.rooms.create(roomId, alice);
    const writers = Array.from({ length: 32 }, (_, index) => `@writer${index}:example.org`);
    others.rooms.send(
      roomId,
      writers.map((writer) => member(writer, 'join')),
    );
    const sent = writers.flatMap((writer) =>
      Array.from({ length: 10 }, (_, index) => others.rooms.send(roomId, [message(writer, `${index}`)])),
    );
    await applied();
    const expected = sent.flat();
    for (const limit of [1000, 100, 7]) {
      const back = (await allPages(roomId, 'b', limit)).filter((event) => event.type === 'm.room.message');
      expect(back.map((event) => event.event_id)).toEqual(expected.toReversed());
    }
    const forth = (await allPages(roomId, 'f', 33)).filter((event) => event.type === 'm.room.message');
    expect(forth.map((event) => event.event_id)).toEqual(expected);
  });

  it('shows each what the history visibility allows', async () => {
    const roomId = '!joined:example.org';
    others.rooms.create(roomId, alice, 'joined');
    others.rooms.send(roomId, [message(alice, 'before'), member(bob, 'join'), message(alice, 'within')]);
    others.rooms.send(roomId, [member(bob, 'leave'), message(alice, 'after')]);
    await applied();
    expect(bodiesOf((await messages(roomId, bob, { dir: 'b', limit: '50' })).body.chunk)).toEqual(['within']);
    expect(bodiesOf((await messages(roomId, alice, { dir: 'b', limit: '50' })).body.chunk)).toEqual([
      'after',
      'within',
      'before',
    ]);
  });

  it('is closed to strangers, but for rooms that the world may read', async () => {
    others.rooms.create('!closed:example.org', alice);
    others.rooms.create('!open:example.org', alice, 'world_readable');
    others.rooms.send('!open:example.org', [message(alice, 'hello world')]);
    await applied();
    const eve = '@eve:example.org';
    for (const roomId of ['!closed:example.org', '!nowhere:example.org']) {
      const { status, body } = await messages(roomId, eve, { dir: 'b' });
      expect([status, body.errcode]).toEqual([403, 'M_FORBIDDEN']);
    }
    expect(bodiesOf((await messages('!open:example.org', eve, { dir: 'b' })).body.chunk)).toEqual(['hello world']);
  });

  it('filters, and gives lazily loaded members beside', async () => {
    const roomId = '!filtered:example.org';
    others.rooms.create(roomId, alice);
    others.rooms.send(roomId, [member(bob, 'join'), message(bob, 'b'), message(alice, 'a')]);
    await applied();
    const filter = JSON.stringify({ types: ['m.room.mess*'], not_senders: [alice], lazy_load_members: true });
    const { body } = await messages(roomId, alice, { dir: 'b', filter });
    expect(bodiesOf(body.chunk)).toEqual(['b']);
    expect(body.chunk[0].room_id).toBe(roomId);
    expect(body.state.map((event: { state_key: string }) => event.state_key)).toEqual([bob]);
  });

  it.each([
    [{}, 'M_MISSING_PARAM'],
    [{ dir: 'x' }, 'M_INVALID_PARAM'],
    [{ dir: 'b', from: 't1_-5' }, 'M_INVALID_PARAM'],
    [{ dir: 'b', from: 't2_5' }, 'M_UNKNOWN_POS'],
    [{ dir: 'b', from: 't1_900719925474' }, 'M_UNKNOWN_POS'],
    [{ dir: 'b', to: 'nonsense' }, 'M_INVALID_PARAM'],
    [{ dir: 'b', limit: '-1' }, 'M_INVALID_PARAM'],
    [{ dir: 'b', limit: 'a' }, 'M_INVALID_PARAM'],
    [{ dir: 'b', filter: '[]' }, 'M_INVALID_PARAM'],
  ])('refuses %j as %s', async (query, errcode) => {
    const { status, body } = await messages('!busy:example.org', alice, query);
    expect([status, body.errcode]).toEqual([400, errcode]);
  });
});

describe('/context', () => {
  it('shows an event with its neighbours, the state after them, and tokens that page on without a gap', async () => {
    const roomId = '!context:example.org';
    others.rooms.create(roomId, alice);
    const sent = Array.from({ length: 9 }, (_, index) =>
      others.rooms.send(roomId, [message(alice, `${index}`)]),
    ).flat();
    await applied();
    const { body } = await context(roomId, sent[4] ?? '', { limit: '4' });
    expect(body.event.content.body).toBe('4');
    expect(bodiesOf(body.events_before)).toEqual(['3', '2']);
    expect(bodiesOf(body.events_after)).toEqual(['5', '6']);
    expect(body.state.map((event: Shown) => event.type)).toContain('m.room.create');
    const before = await messages(roomId, alice, { dir: 'b', from: body.start, limit: '2' });
    expect(bodiesOf(before.body.chunk)).toEqual(['1', '0']);
    const after = await messages(roomId, alice, { dir: 'f', from: body.end, limit: '2' });
    expect(bodiesOf(after.body.chunk)).toEqual(['7', '8']);
  });

  it('knows no events of other rooms, nor ones that do not exist', async () => {
    const [elsewhere = ''] = others.rooms.send('!busy:example.org', [message(alice, 'elsewhere')]);
    await applied();
    for (const eventId of [elsewhere, `$${'z'.repeat(43)}`]) {
      const { status, body } = await context('!context:example.org', eventId);
      expect([status, body.errcode]).toEqual([404, 'M_NOT_FOUND']);
    }
    expect((await context('!context:example.org', 'not-an-id')).status).toBe(400);
  });
});

describe('reads of a room', () => {
  const ofRoom = [
    'client.getOneRoomEvent',
    'client.getRoomState',
    'client.getRoomStateWithKey',
    'client.getMembersByRoom',
    'client.getJoinedMembersByRoom',
    'client.getLocalAliases',
    'client.getRoomEvents',
    'client.getEventContext',
  ] as const;
  const nonsense = ['\0', '😀', '..', '/../', 'x'.repeat(3000), '!x:example.org', `$${'é'.repeat(200)}`, ''];

  it.each(ofRoom)('%s answers nonsense with an error of the client', async (key) => {
    for (const text of nonsense) {
      const names = ['roomId', 'eventId', 'eventType', 'stateKey'];
      const params = Object.fromEntries(names.map((name) => [name, text]));
      for (const given of [params, { ...params, roomId: '!busy:example.org' }]) {
        const { status } = await replica.call(key, alice, {
          params: given,
          query: { dir: 'b', at: text, filter: text },
        });
        expect(status).toBeLessThan(500);
      }
    }
  });

  it.each([
    ['client.getRoomStateWithKey', { eventType: 'm.room.name' }, { format: 'odd' }, 400, 'M_INVALID_PARAM'],
    ['client.getRoomStateWithKey', { eventType: 'm.room.name' }, {}, 404, 'M_NOT_FOUND'],
    ['client.getMembersByRoom', {}, { membership: 'odd' }, 400, 'M_INVALID_PARAM'],
    ['client.getMembersByRoom', {}, { at: 'nonsense' }, 400, 'M_INVALID_PARAM'],
    ['client.getOneRoomEvent', { eventId: '$nothing' }, {}, 404, 'M_NOT_FOUND'],
  ] as const)('%s of %j with %j is %i %s', async (key, params, query, status, errcode) => {
    const answer = await replica.call(key, alice, {
      params: { roomId: '!busy:example.org', ...params },
      query: { ...query },
    });
    expect([answer.status, answer.body.errcode]).toEqual([status, errcode]);
  });

  it.each(ofRoom)('%s is closed to strangers', async (key) => {
    const params = { roomId: '!closed:example.org', eventId: '$nothing', eventType: 'm.room.create', stateKey: '' };
    const { status } = await replica.call(key, '@eve:example.org', { params, query: { dir: 'b' } });
    expect(status).toBe(key === 'client.getOneRoomEvent' || key === 'client.getEventContext' ? 404 : 403);
  });

  it('the aliases of a room are for its members, and of world-readable rooms for all', async () => {
    const aliases = (userId: string, roomId: string) =>
      replica.call('client.getLocalAliases', userId, { params: { roomId } });
    expect((await aliases(alice, '!closed:example.org')).body).toEqual({ aliases: ['#aliasclosed:example.org'] });
    expect((await aliases('@eve:example.org', '!open:example.org')).status).toBe(200);
  });

  it('a state event is read as its content, or whole', async () => {
    const params = { roomId: '!closed:example.org', eventType: 'm.room.create', stateKey: '' };
    const read = (query: Record<string, string>) =>
      replica.call('client.getRoomStateWithKey', alice, { params, query });
    expect((await read({})).body).toEqual({ room_version: '12' });
    expect((await read({ format: 'event' })).body).toMatchObject({ type: 'm.room.create', room_id: params.roomId });
  });

  it('the joined members of a room are those who are there', async () => {
    const { body } = await replica.call('client.getJoinedMembersByRoom', alice, {
      params: { roomId: '!filtered:example.org' },
    });
    expect(Object.keys(body.joined).toSorted()).toEqual([alice, bob]);
  });
});

describe('filters', () => {
  const define = (userId: string, body: object, of = userId) =>
    replica.call('client.defineFilter', userId, { params: { userId: of }, body: JSON.parse(JSON.stringify(body)) });
  const read = (userId: string, filterId: string, of = userId) =>
    replica.call('client.getFilter', userId, { params: { userId: of, filterId } });

  it('are stored once and read back, by their owner alone', async () => {
    const filter = { room: { timeline: { limit: 3 } } };
    const { body } = await define(alice, filter);
    expect((await define(alice, filter)).body.filter_id).toBe(body.filter_id);
    expect((await define(alice, { room: {} })).body.filter_id).not.toBe(body.filter_id);
    expect((await read(alice, body.filter_id)).body).toEqual(filter);
    expect((await read(bob, body.filter_id, alice)).body.errcode).toBe('M_FORBIDDEN');
    expect((await define(bob, filter, alice)).body.errcode).toBe('M_FORBIDDEN');
    for (const unknown of ['999', '-1', '1e1', 'x', '99999999999999999999']) {
      expect((await read(alice, unknown)).body.errcode).toBe('M_NOT_FOUND');
    }
    expect((await define(alice, { room: { timeline: { limit: 'a' } } })).body.errcode).toBe('M_BAD_JSON');
  });

  it('stored at the same time get ids of their own', async () => {
    const filters = Array.from({ length: 8 }, (_, index) => ({ room: { timeline: { limit: index + 1 } } }));
    const ids = (await Promise.all(filters.map((filter) => define(bob, filter)))).map(({ body }) => body.filter_id);
    expect(new Set(ids).size).toBe(8);
  });

  it('are bounded in number and size for each user, and what is stored stays usable', async () => {
    const carol = '@carol:example.org';
    const first = (await define(carol, { room: { timeline: { limit: 1 } } })).body.filter_id;
    const large = (n: number) => ({
      room: { rooms: Array.from({ length: 900 }, (_, m) => `!${n}x${m}${'r'.repeat(50)}:a.b`) },
    });
    let stored = 0;
    while ((await define(carol, large(stored))).status === 200) stored++;
    expect(stored).toBeGreaterThan(50);
    expect(stored).toBeLessThan(100);
    expect((await define(carol, large(stored))).body.errcode).toBe('M_TOO_LARGE');
    expect((await read(carol, first)).status).toBe(200);
    expect((await define(carol, { room: { timeline: { limit: 1 } } })).body.filter_id).toBe(first);
    expect((await define(bob, { room: { timeline: { limit: 99 } } })).status).toBe(200);
    const patterns = Array.from({ length: 280 }, (_, n) => `*${'a'.repeat(200)}${n}*`);
    expect((await define(bob, { room: { timeline: { types: patterns } } })).body.errcode).toBe('M_BAD_JSON');
  });

  it('go with the account of their user', async () => {
    const dave = '@dave:example.org';
    const { body } = await define(dave, { room: { timeline: { limit: 3 } } });
    others.users.deactivate(dave);
    await eventually('the filter is gone', async () => (await read(dave, body.filter_id)).status === 404);
    expect((await read(alice, '0')).status).toBe(200);
  });

  it('are applied to /sync by their id', async () => {
    const { body } = await define(alice, { room: { rooms: ['!busy:example.org'], timeline: { limit: 2 } } });
    const synced = (await replica.sync(alice, { filter: body.filter_id })).body.rooms.join;
    expect(Object.keys(synced)).toEqual(['!busy:example.org']);
    expect(synced['!busy:example.org'].timeline.events).toHaveLength(2);
  });
});
