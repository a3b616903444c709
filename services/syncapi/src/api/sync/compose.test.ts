import type { RoomEvent, RoomLogEntry } from '@plexus/contracts/streams/room-log';
import type { JsonObject } from '@plexus/matrix';
import { describe, expect, it } from 'vitest';
import { compileSyncFilter } from '../../domain/filter.ts';
import { DeviceSession } from '../../memory/device-sessions.ts';
import { MemoryIndex } from '../../memory/memory-index.ts';
import { UserMemory } from '../../memory/user-memory.ts';
import { applyRoomLog } from '../../streams/room-events/apply-room-log.ts';
import type { SyncQuestion } from '../../streams/stream.ts';
import { composeFromMemory, type SyncAnswer } from './compose.ts';
import { emptyResponseText } from './response-text.ts';

const roomId = '!r:x';
const alice = '@alice:x';
const bob = '@bob:x';

function setUp(maxEventBytes = 1_000_000) {
  const positions = { room: 0, user: 0, receipt: 0 };
  const index = new MemoryIndex({ maxEventBytes, maxReceiptBytes: 1_000_000, positions });
  const user = (userId: string) => {
    const known = index.users.get(userId);
    if (known !== undefined) return known;
    const made = new UserMemory(userId, index.position, 0);
    index.remember(made);
    return made;
  };
  user(alice);
  user(bob);
  let position = 0;
  const apply = (entries: readonly RoomLogEntry[]) => applyRoomLog(index, noCopies, entries);
  const send = (...events: Partial<RoomEvent>[]) => {
    const entries = events.map((event): RoomLogEntry => {
      position += 1;
      return { position, traceparent: '', kind: { $case: 'event', value: eventOf(position, event) } };
    });
    apply(entries);
    return index.position;
  };
  const ask = (userId: string, room: number, filter: JsonObject = {}, more: Partial<SyncQuestion> = {}) => {
    const compiled = compileSyncFilter(filter, JSON.stringify(filter));
    if (!compiled.ok) throw new Error(compiled.key);
    const question: SyncQuestion = {
      user: user(userId),
      deviceId: 'D',
      session: new DeviceSession(),
      ignored: () => new Set(),
      filter: compiled.filter,
      dialect: 'state',
      generation: 1,
      now: () => 0,
      ...more,
    };
    return kindOf(composeFromMemory(index, question, { room, user: 0, receipt: 0, typing: 0 }));
  };
  send(memberEvent(alice, 'join'), memberEvent(bob, 'join'));
  return { index, user, send, apply, ask, now: () => position };
}

const noCopies = { redacted: () => undefined, gone: () => undefined };

/** `load`: memory does not have all of it. */
function kindOf(answer: SyncAnswer | undefined) {
  if (answer === undefined) return { kind: 'load' as const, rooms: undefined };
  if (answer.body === undefined) return { kind: 'nothing' as const, rooms: undefined };
  return { kind: 'news' as const, rooms: JSON.parse(answer.body).rooms };
}

function eventOf(position: number, event: Partial<RoomEvent>): RoomEvent {
  const eventId = `$${position}`;
  const { type = 'm.room.message', stateKey, sender = alice } = event;
  const content = event.json ?? '{"body":"hi"}';
  const state = stateKey === undefined ? '' : `"state_key":${JSON.stringify(stateKey)},`;
  return {
    roomId,
    eventId,
    roomVersion: '12',
    originServerTs: position,
    historical: false,
    strippedState: [],
    stateChanges: stateKey === undefined ? [] : [{ type, stateKey, eventId, ...membershipOf(type, content) }],
    ...event,
    type,
    sender,
    json: `{"content":${content},"origin_server_ts":${position},"sender":"${sender}",${state}"type":"${type}"}`,
  };
}

function membershipOf(type: string, content: string) {
  return type === 'm.room.member' ? { membership: String(JSON.parse(content).membership) } : {};
}

function memberEvent(userId: string, membership: string): Partial<RoomEvent> {
  return { type: 'm.room.member', stateKey: userId, sender: userId, json: JSON.stringify({ membership }) };
}

describe('a response from memory', () => {
  it('is nothing when nothing happened, and nothing when all of it is filtered out', () => {
    const { send, ask, now } = setUp();
    expect(ask(bob, now()).kind).toBe('nothing');
    const before = now();
    send({});
    expect(ask(bob, before, { room: { timeline: { types: ['m.none'] } } }).kind).toBe('nothing');
    expect(ask(bob, before, { room: { not_rooms: [roomId] } }).kind).toBe('nothing');
    expect(ask(bob, before).kind).toBe('news');
  });

  it('takes the text of a room that is built once for all who ask alike, from positions between which nothing happened', () => {
    const { index, send, ask, now } = setUp();
    const room = index.room(roomId);
    const builds: string[] = [];
    const builtOnce = room.builtOnce.bind(room);
    room.builtOnce = (key, build) =>
      builtOnce(key, () => {
        builds.push(key);
        return build();
      });
    const before = now();
    send({}, {});
    for (const userId of [alice, bob]) expect(ask(userId, before).rooms.join[roomId].timeline.events).toHaveLength(2);
    expect(builds).toHaveLength(1);
    ask(bob, before + 1);
    expect(builds).toHaveLength(2);
    ask(bob, before, {}, { dialect: 'state_after' });
    expect(builds).toHaveLength(3);
    send({});
    ask(bob, before);
    expect(builds).toHaveLength(4);
  });

  it('needs the index from before what memory holds', () => {
    const { send, ask, now } = setUp(2_000);
    const before = now();
    for (let count = 0; count < 20; count++) send({});
    expect(ask(bob, before).kind).toBe('load');
    expect(ask(bob, now() - 1).kind).toBe('news');
  });

  it('needs an event that a resolution of forks brought back into the state', () => {
    const { send, ask, now } = setUp();
    const before = now();
    send({ stateChanges: [{ type: 'm.room.topic', stateKey: '', eventId: '$older' }] });
    expect(ask(bob, before).kind).toBe('load');
  });

  it('needs the state of a room that was joined since, also when the user had been there before', () => {
    const { index, send, ask, now } = setUp();
    const before = now();
    send(memberEvent(bob, 'leave'), {}, memberEvent(bob, 'join'));
    expect(ask(bob, before).kind).toBe('load');
    index.room(roomId).rememberSummary({ joined: 2, invited: 0, heroes: [alice, bob] }, now());
    expect(ask(alice, before).kind).toBe('news');
  });

  it('takes a new display name for no new join', () => {
    const { index, send, ask, now } = setUp();
    const before = now();
    send({ ...memberEvent(bob, 'join'), json: '{"displayname":"B","membership":"join"}' });
    index.room(roomId).rememberSummary({ joined: 2, invited: 0, heroes: [alice, bob] }, now());
    expect(ask(bob, before).kind).toBe('news');
  });

  it('has the summary when members changed, for every client', () => {
    const { index, send, ask, now } = setUp();
    const before = now();
    send(memberEvent('@carol:x', 'join'));
    expect(ask(bob, before).kind).toBe('load');
    const room = index.room(roomId);
    room.rememberSummary({ joined: 2, invited: 0, heroes: [alice, bob] }, before);
    expect(ask(bob, before).kind).toBe('load');
    room.rememberSummary({ joined: 3, invited: 0, heroes: [alice, bob, '@carol:x'] }, now());
    expect(ask(bob, before).rooms.join[roomId].summary).toEqual({
      'm.heroes': [alice, '@carol:x'],
      'm.joined_member_count': 3,
      'm.invited_member_count': 0,
    });
    send({});
    expect(ask(bob, now() - 1).rooms.join[roomId].summary).toBeUndefined();
  });

  it('has the members that a lazy-loading client lacks, once memory knows them', () => {
    const { index, send, ask, now } = setUp();
    const lazy = { room: { state: { lazy_load_members: true } } };
    const before = now();
    send({});
    const room = index.room(roomId);
    expect(ask(bob, before, lazy).kind).toBe('load');
    const member = room.events.find((event) => event.stateKey === alice);
    if (member === undefined) throw new Error('no member event');
    room.rememberMember(alice, member, before);
    expect(ask(bob, before, lazy).rooms.join[roomId].state.events).toHaveLength(1);
    const session = new DeviceSession();
    session.sent(roomId, alice, member.eventId);
    expect(ask(bob, before, lazy, { session }).rooms.join[roomId].state).toBeUndefined();
    const redundant = { room: { state: { lazy_load_members: true, include_redundant_members: true } } };
    expect(ask(bob, before, redundant, { session }).rooms.join[roomId].state.events).toHaveLength(1);
    const otherTypes = { room: { state: { lazy_load_members: true, types: ['m.room.topic'] } } };
    expect(ask(bob, before, otherTypes).rooms.join[roomId].state).toBeUndefined();
  });

  it('has lazily loaded members as they were at the start of the timeline, and none that the timeline introduces', () => {
    const { index, send, ask, now } = setUp();
    const lazy = { room: { state: { lazy_load_members: true } } };
    const room = index.room(roomId);
    const old = room.events.find((event) => event.stateKey === alice);
    if (old === undefined) throw new Error('no member event');
    room.rememberMember(alice, old, now());
    const renamed = { ...memberEvent(alice, 'join'), json: '{"displayname":"A","membership":"join"}' };
    const before = now();
    send({}, renamed);
    room.rememberSummary({ joined: 2, invited: 0, heroes: [alice, bob] }, now());
    // The message comes before the new name, and memory has the new member event alone.
    expect(ask(bob, before, lazy).kind).toBe('load');
    send({});
    const { timeline, state } = ask(bob, before + 1, lazy).rooms.join[roomId];
    expect(timeline.events).toHaveLength(2);
    expect(state).toBeUndefined();
    const after = ask(bob, before + 2, lazy, {}).rooms.join[roomId];
    expect(after.state.events[0].content).toEqual({ displayname: 'A', membership: 'join' });
  });

  it('puts state that the timeline leaves out beside it, the newest of each key', () => {
    const { send, ask, now } = setUp();
    const topic = (text: string) => ({ type: 'm.room.topic', stateKey: '', json: JSON.stringify({ topic: text }) });
    const before = now();
    send(topic('one'), topic('two'), {});
    const room = ask(bob, before, { room: { timeline: { limit: 1 } } }).rooms.join[roomId];
    expect(room.timeline.limited).toBe(true);
    expect(room.timeline.prev_batch).toBe(`t1_${before + 2}`);
    expect(room.state.events.map((event: { content: { topic: string } }) => event.content.topic)).toEqual(['two']);
    const whole = ask(bob, before, {}, { dialect: 'state_after' }).rooms.join[roomId];
    expect(whole.timeline.limited).toBe(false);
    expect(whole.state_after.events).toHaveLength(1);
    const messages = ask(bob, before, { room: { timeline: { types: ['m.room.message'] } } }).rooms.join[roomId];
    expect(messages.state.events.map((event: { content: { topic: string } }) => event.content.topic)).toEqual(['two']);
  });

  it('needs the index for a room that was left or deleted', () => {
    const { index, send, apply, ask, now } = setUp();
    const before = now();
    send(memberEvent(bob, 'leave'));
    expect(ask(bob, before).kind).toBe('load');
    const left = now();
    expect(ask(bob, left).kind).toBe('nothing');
    apply([{ position: left + 1, traceparent: '', kind: { $case: 'roomDeleted', value: { roomId } } }]);
    expect(ask(alice, before).kind).toBe('load');
    expect(ask(alice, left + 1).kind).toBe('nothing');
    expect(index.knownRoom(roomId)).toBeUndefined();
  });
});

it('every response counts one-time keys', () => {
  expect(JSON.parse(emptyResponseText(1, { room: 2, user: 3, receipt: 4, typing: 5 }))).toEqual({
    next_batch: 's1_2_3_4_5',
    device_one_time_keys_count: {},
    device_unused_fallback_key_types: [],
  });
});
