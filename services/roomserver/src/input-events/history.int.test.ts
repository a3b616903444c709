import type { EventId } from '@plexus/matrix';
import { sql } from '@plexus/postgres';
import { describe, expect, it } from 'vitest';
import { input, joinRemote, outcomesOf, push, stateIdsOf } from '../testing/input-events.ts';
import { bob, eventOf, logOf, message, sent, stateQuery } from '../testing/open-roomserver.ts';
import { must, RemoteRoom } from '../testing/remote-room.ts';
import { withRemoteServers } from '../testing/with-remote-servers.ts';

const carl = '@carl:one.example';
const dora = '@dora:one.example';

const selectBackward = sql(
  'test_select_history_edges',
  `SELECT encode(uuid_send(b.id_head), 'hex') AS head FROM roomserver.backward_extremities b JOIN roomserver.rooms r ON r.room = b.room
   WHERE r.room_id = $1`,
);

const { roomserver, servers } = await withRemoteServers();

/** A room with history from before this server came in. */
async function roomWithHistory() {
  const room = servers.hold(RemoteRoom.open('11'));
  const old = room.message(carl, 'before Dora');
  const join = room.member(dora, 'join');
  const topic = room.state(carl, 'm.room.topic', { topic: 'old' });
  const talk = [room.message(dora, 'one'), room.message(carl, 'two')];
  room.state(carl, 'm.room.topic', { topic: 'new' });
  const last = room.message(carl, 'three');
  await joinRemote(roomserver, room, bob);
  return { room, old, join, topic, talk, last };
}

async function backfill(room: RemoteRoom, events: readonly EventId[]): Promise<string[]> {
  const value = { pdus: room.json(...events) };
  return outcomesOf((await input(roomserver, { $case: 'backfilled', value }, 'one.example', room.roomId)).results);
}

function entriesOf(log: Awaited<ReturnType<typeof logOf>>, roomId: string) {
  return log.flatMap(({ kind }) => (kind?.$case === 'event' && kind.value.roomId === roomId ? [kind.value] : []));
}

describe('history', () => {
  it('comes in with the state at each of its events, and changes nothing of the room', async () => {
    const { room, topic, talk, last } = await roomWithHistory();
    const before = await stateIdsOf(roomserver, room.roomId);
    const piece = [...talk, must(room.order[room.order.indexOf(last) - 1]), last];
    expect(await backfill(room, piece.toReversed())).toEqual(piece.map(() => 'accepted'));
    expect(await stateIdsOf(roomserver, room.roomId)).toEqual(before);
    const first = must(talk[0]);
    const query = { ...stateQuery(room.roomId), at: { $case: 'beforeEventId' as const, value: first } };
    const { rooms } = await roomserver.service.queryState({ queries: [query] });
    const at = must(rooms[0]).events.map(({ eventId }) => eventId);
    expect(at.toSorted()).toEqual([...room.get(first).stateBefore.values()].sort());
    expect(at).toContain(topic);
    const own = await sent(roomserver, message(room.roomId, bob, 'x'));
    expect(JSON.parse((await eventOf(roomserver, own)).json).prev_events).not.toContain(last);
  });

  it('is told to those who keep an index as history, in the order of the graph, and has no position', async () => {
    const { room, talk, last } = await roomWithHistory();
    await backfill(room, [last, ...talk.toReversed()]);
    const history = entriesOf(await logOf(roomserver), room.roomId).filter(({ historical }) => historical);
    expect(history.map(({ eventId }) => eventId)).toEqual([...talk, last]);
    expect(history.every(({ stateChanges }) => stateChanges.length === 0)).toBe(true);
    expect((await eventOf(roomserver, last)).position).toBeUndefined();
    expect(roomserver.published).toEqual(await logOf(roomserver));
  });

  it('is told with its place in the room, in the order of the graph however it is asked for', async () => {
    const { room, old, join, topic, talk, last } = await roomWithHistory();
    const between = must(room.order[room.order.indexOf(last) - 1]);
    await backfill(room, [between, last]);
    const side = room.aside(() => room.message(dora, 'aside', { after: [must(talk[0])] }));
    await backfill(room, [...talk, side]);
    await backfill(room, room.order.slice(0, room.order.indexOf(topic) + 1));
    const entries = (await logOf(roomserver)).flatMap(({ position, kind }) =>
      kind?.$case === 'event' && kind.value.roomId === room.roomId ? [{ position, ...kind.value }] : [],
    );
    const came = must(entries.find(({ historical }) => !historical));
    const history = entries.filter(({ historical }) => historical);
    expect(history.map(({ historyPlace }) => historyPlace?.afterPosition)).toEqual(
      history.map(() => came.position - 1),
    );
    const depthOf = (entry: (typeof history)[number]) => entry.historyPlace?.depth ?? 0;
    const order = history.toSorted((a, b) => depthOf(a) - depthOf(b) || a.position - b.position);
    const expected = room.order.slice(0, room.order.indexOf(last) + 1);
    expect(order.map(({ eventId }) => eventId).filter((eventId) => eventId !== side)).toEqual(expected);
    expect(order.map(({ eventId }) => eventId).indexOf(side)).toBeGreaterThan(expected.indexOf(must(talk[0])));
    expect(expected).toContain(old);
    expect(expected).toContain(join);
    expect(roomserver.published).toEqual(await logOf(roomserver));
  });

  it('says where it ends, so that somebody can ask for more', async () => {
    const { room, old, join, topic, talk, last } = await roomWithHistory();
    const edges = async () => (await roomserver.database.query<{ head: string }>(selectBackward, [room.roomId])).length;
    expect(await edges()).toBe(1);
    const between = must(room.order[room.order.indexOf(last) - 1]);
    await backfill(room, [last, between, ...talk]);
    expect(await edges()).toBe(1);
    const rest = room.order.slice(0, room.order.indexOf(topic) + 1);
    expect(rest).toContain(old);
    expect(rest).toContain(join);
    await backfill(room, rest);
    expect(await edges()).toBe(0);
  });

  it('is tested as everything else: what was not allowed then is not shown', async () => {
    const { room, last } = await roomWithHistory();
    const forbidden = room.aside(() => room.state(dora, 'm.room.topic', { topic: 'x' }, { after: [last] }));
    expect(await backfill(room, [last, forbidden])).toEqual(['accepted', expect.stringContaining('rejected')]);
    const shown = entriesOf(await logOf(roomserver), room.roomId).map(({ eventId }) => eventId);
    expect(shown).not.toContain(forbidden);
  });

  it('that is pushed, since another server thinks it new, stays history', async () => {
    const { room, last } = await roomWithHistory();
    expect(await push(roomserver, room.json(last))).toEqual(['accepted']);
    const own = await sent(roomserver, message(room.roomId, bob, 'x'));
    expect(JSON.parse((await eventOf(roomserver, own)).json).prev_events).not.toContain(last);
  });

  it('comes by the hundred, as much as is asked for, down to a create event that names no room', async () => {
    const room = servers.hold(RemoteRoom.open('12'));
    const talk = Array.from({ length: 95 }, (_, index) => room.message(carl, `${index}`));
    await joinRemote(roomserver, room, bob);
    const all = room.order.slice(0, room.order.indexOf(must(talk.at(-1))) + 1);
    expect(all[0]).toBe(room.create);
    expect(JSON.parse(must(room.json(room.create)[0])).room_id).toBeUndefined();
    const outcomes = await backfill(room, all);
    expect(outcomes).toHaveLength(all.length);
    expect(all.length).toBeGreaterThan(95);
    expect(outcomes.filter((outcome) => !/^(accepted|already_known)/.test(outcome))).toEqual([]);
    expect(await push(roomserver, room.json(room.create))).toEqual([expect.stringMatching(/^already_known/)]);
    const beyond = [...all, ...all.slice(0, 101 - all.length)];
    expect((await backfill(room, beyond)).slice(100)).toEqual(['malformed: too_many_events']);
  });
});
