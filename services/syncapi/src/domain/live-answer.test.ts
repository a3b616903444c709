import type { RoomEvent, RoomLogEntry } from '@plexus/contracts/streams/room-log';
import type { JsonObject } from '@plexus/matrix';
import { describe, expect, it } from 'vitest';
import { DeviceSession } from '../memory/device-sessions.ts';
import { MemoryIndex } from '../memory/memory-index.ts';
import { UserMemory } from '../memory/user-memory.ts';
import { compileSyncFilter } from './filter.ts';
import { answerText, type LiveAnswer, liveAnswer, type SyncQuestion } from './live-answer.ts';
import { roomDelta } from './room-delta.ts';

const roomId = '!r:x';
const alice = '@alice:x';
const bob = '@bob:x';

function setUp(maxEventBytes = 1_000_000) {
  const positions = { room: 0, user: 0, receipt: 0 };
  const nothing = () => undefined;
  const index = new MemoryIndex({ maxEventBytes, maxReceiptBytes: 1_000_000, positions }, nothing, nothing);
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
  const send = (...events: Partial<RoomEvent>[]) => {
    const entries = events.map((event): RoomLogEntry => {
      position += 1;
      return { position, traceparent: '', kind: { $case: 'event', value: eventOf(position, event) } };
    });
    index.applyRoomEntries(entries);
    return index.position;
  };
  const ask = (userId: string, room: number, filter: JsonObject = {}, more: Partial<SyncQuestion> = {}) => {
    const compiled = compileSyncFilter(filter, JSON.stringify(filter));
    if (!compiled.ok) throw new Error(compiled.key);
    const question: SyncQuestion = {
      user: user(userId),
      deviceId: 'D',
      session: new DeviceSession(),
      filter: compiled.filter,
      dialect: 'state',
      generation: 1,
      ...more,
    };
    return liveAnswer(index, question, { room, user: 0, receipt: 0, typing: 0 });
  };
  send(memberEvent(alice, 'join'), memberEvent(bob, 'join'));
  return { index, user, send, ask, now: () => position };
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

function parts(answer: LiveAnswer) {
  if (answer.kind !== 'parts') throw new Error(`the answer is ${answer.kind}`);
  return JSON.parse(answerText(1, { room: 0, user: 0, receipt: 0, typing: 0 }, answer.parts)).rooms;
}

describe('a live answer', () => {
  it('is nothing when nothing happened, and nothing when all of it is filtered out', () => {
    const { send, ask, now } = setUp();
    expect(ask(bob, now()).kind).toBe('nothing');
    const before = now();
    send({});
    expect(ask(bob, before, { room: { timeline: { types: ['m.none'] } } }).kind).toBe('nothing');
    expect(ask(bob, before, { room: { not_rooms: [roomId] } }).kind).toBe('nothing');
    expect(ask(bob, before).kind).toBe('parts');
  });

  it('is made once for all who ask alike, from places between which nothing happened', () => {
    const { index, user, send, now } = setUp();
    const before = now();
    send({}, {});
    const compiled = compileSyncFilter({}, '');
    if (!compiled.ok) throw new Error('no filter');
    const style = { filter: compiled.filter, dialect: 'state' as const, generation: 1 };
    const since = (room: number) => ({ room, user: 0, receipt: 0, typing: 0 });
    const room = index.room(roomId);
    const delta = roomDelta(room, alice, since(before), index.position, style);
    expect(roomDelta(room, bob, since(before), index.position, style)).toBe(delta);
    expect(roomDelta(room, bob, since(before + 1), index.position, style)).not.toBe(delta);
    expect(roomDelta(room, bob, since(before), index.position, { ...style, dialect: 'state_after' })).not.toBe(delta);
    send({});
    expect(roomDelta(room, bob, since(before), index.position, style)).not.toBe(delta);
    expect(user(bob).joinedRooms.has(room)).toBe(true);
  });

  it('is cold from before what memory holds', () => {
    const { send, ask, now } = setUp(2_000);
    const before = now();
    for (let count = 0; count < 20; count++) send({});
    expect(ask(bob, before).kind).toBe('cold');
    expect(ask(bob, now() - 1).kind).toBe('parts');
  });

  it('must load a room whose state a resolution of forks changed to events of before', () => {
    const { send, ask, now } = setUp();
    const before = now();
    send({ stateChanges: [{ type: 'm.room.topic', stateKey: '', eventId: '$older' }] });
    const answer = ask(bob, before);
    expect(answer).toMatchObject({ kind: 'parts', joinedToLoad: [{ from: before, upTo: now() }] });
  });

  it('must load a room that was joined since, also when the user had been there before', () => {
    const { send, ask, now } = setUp();
    const before = now();
    send(memberEvent(bob, 'leave'), {}, memberEvent(bob, 'join'));
    expect(ask(bob, before)).toMatchObject({ kind: 'parts', joinedToLoad: [{ from: undefined }] });
    expect(ask(alice, before)).toMatchObject({ kind: 'parts', joinedToLoad: [] });
  });

  it('takes a new display name for no new join', () => {
    const { send, ask, now } = setUp();
    const before = now();
    send({ ...memberEvent(bob, 'join'), json: '{"displayname":"B","membership":"join"}' });
    expect(ask(bob, before)).toMatchObject({ kind: 'parts', joinedToLoad: [] });
  });

  it('ends at the leaving', () => {
    const { send, ask, now } = setUp();
    const before = now();
    send({ json: '{"body":"seen"}' }, memberEvent(bob, 'ban'), { json: '{"body":"not seen"}' });
    const { leave } = parts(ask(bob, before));
    expect(leave[roomId].timeline.events.map((event: { content: object }) => event.content)).toEqual([
      { body: 'seen' },
      { membership: 'ban' },
    ]);
  });

  it('asks for members that a lazy-loading client lacks, once for the room', () => {
    const { index, send, ask, now } = setUp();
    const lazy = { room: { state: { lazy_load_members: true } } };
    const before = now();
    send({});
    const room = index.room(roomId);
    expect(ask(bob, before, lazy)).toMatchObject({ kind: 'missing', members: new Map([[room, [alice]]]) });
    const member = room.events.find((event) => event.stateKey === alice);
    if (member === undefined) throw new Error('no member event');
    room.rememberMember(alice, member);
    expect(parts(ask(bob, before, lazy)).join[roomId].state.events).toHaveLength(1);
    const session = new DeviceSession();
    session.sent(roomId, alice, member.eventId);
    expect(parts(ask(bob, before, lazy, { session })).join[roomId].state).toBeUndefined();
    const redundant = { room: { state: { lazy_load_members: true, include_redundant_members: true } } };
    expect(parts(ask(bob, before, redundant, { session })).join[roomId].state.events).toHaveLength(1);
  });

  it('puts state that the timeline leaves out beside it, the newest of each key', () => {
    const { send, ask, now } = setUp();
    const topic = (text: string) => ({ type: 'm.room.topic', stateKey: '', json: JSON.stringify({ topic: text }) });
    const before = now();
    send(topic('one'), topic('two'), {});
    const room = parts(ask(bob, before, { room: { timeline: { limit: 1 } } })).join[roomId];
    expect(room.timeline.limited).toBe(true);
    expect(room.timeline.prev_batch).toBe(`t1_${before + 2}`);
    expect(room.state.events.map((event: { content: { topic: string } }) => event.content.topic)).toEqual(['two']);
    const whole = parts(ask(bob, before, {}, { dialect: 'state_after' })).join[roomId];
    expect(whole.timeline.limited).toBe(false);
    expect(whole.state_after.events).toHaveLength(1);
  });

  it('forgets rooms that were deleted', () => {
    const { index, ask, now } = setUp();
    const before = now();
    const kind = { $case: 'roomDeleted' as const, value: { roomId } };
    index.applyRoomEntries([{ position: before + 1, traceparent: '', kind }]);
    expect(ask(bob, before).kind).toBe('nothing');
    expect(index.knownRoom(roomId)).toBeUndefined();
  });
});

it('every answer counts one-time keys', () => {
  expect(JSON.parse(answerText(1, { room: 2, user: 3, receipt: 4, typing: 5 }, undefined))).toEqual({
    next_batch: 's1_2_3_4_5',
    device_one_time_keys_count: {},
    device_unused_fallback_key_types: [],
  });
});
