import { hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { TestRoom } from '../../test/test-room.ts';
import type { JsonObject } from '../canonical-json/json-value.ts';
import type { EventId } from '../identifiers/event-id.ts';
import type { RoomVersion } from '../room-versions/rules.ts';
import type { StateEntry } from './state.ts';

const alice = '@alice:one';
const bob = '@bob:two';
const charlie = '@charlie:three';

/** A room in which Alice, its creator, and Bob are joined under a public join rule. */
function room(version: RoomVersion, levels: JsonObject = {}) {
  const made = new TestRoom(version, alice);
  const creator: JsonObject = version === '12' ? {} : { [alice]: 100 };
  const send = (sender: string, type: string, stateKey: string, content: JsonObject, ...after: EventId[]) =>
    made.send({ sender, type, stateKey, content, after });
  const member = (sender: string, target: string, membership: string, ...after: EventId[]) =>
    send(sender, 'm.room.member', target, { membership }, ...after);
  const power = (sender: string, users: JsonObject, ...after: EventId[]) =>
    send(sender, 'm.room.power_levels', '', { users: { ...creator, ...users }, ...levels }, ...after);
  const joined = member(alice, alice, 'join', made.create);
  const powered = power(alice, {}, joined);
  const opened = send(alice, 'm.room.join_rules', '', { join_rule: 'public' }, powered);
  const start = member(bob, bob, 'join', opened);
  return { made, send, member, power, opened, powered, start };
}

function eventAt(state: readonly StateEntry[], type: string, stateKey = ''): EventId | undefined {
  return state.find((entry) => entry.type === type && entry.stateKey === stateKey)?.eventId;
}

/** The state in which one key is what it was before: what a server may get that did not see all. */
function outdated(state: readonly StateEntry[], old: { type: string; eventId: EventId }): StateEntry[] {
  return state.map((entry) =>
    entry.type === old.type && entry.stateKey === '' ? { ...entry, eventId: old.eventId } : entry,
  );
}

describe('what made room version 12 resolve state differently (MSC4297)', () => {
  it.each([
    ['11', false],
    ['12', true],
  ] as const)('problem A: in room version %s join rules survive that their author left: %s', (version, survive) => {
    const { made, send, member, power, opened, start } = room(version);
    const closed = send(alice, 'm.room.join_rules', '', { join_rule: 'invite' }, power(alice, { [bob]: 50 }, start));
    const left = made.stateAfter(member(alice, alice, 'leave', closed));
    const resolved = made.resolve([left, outdated(left, { type: 'm.room.join_rules', eventId: opened })]);
    expect(eventAt(resolved, 'm.room.join_rules')).toBe(survive ? closed : undefined);
  });

  it.each([
    ['11', false],
    ['12', true],
  ] as const)(
    'problem B: in room version %s a chain of promotions survives that it was forgotten: %s',
    (version, survive) => {
      const { made, send, member, power, powered, start } = room(version, { events: { 'm.room.power_levels': 50 } });
      const charlieJoined = member(charlie, charlie, 'join', start);
      const promotesBob = power(alice, { [bob]: 50 }, charlieJoined);
      const promotesCharlie = power(bob, { [bob]: 50, [charlie]: 50 }, promotesBob);
      const citesIt = send(bob, 'm.room.topic', '', { topic: 'of Bob' }, promotesCharlie);
      const now = made.stateAfter(citesIt);
      const resolved = made.resolve([now, outdated(now, { type: 'm.room.power_levels', eventId: powered })]);
      expect(eventAt(resolved, 'm.room.power_levels')).toBe(survive ? promotesCharlie : powered);
    },
  );
});

describe.each(['2', '11', '12'] as const)('in room version %s', (version) => {
  it('a ban on one branch undoes what the banned did on the other', () => {
    const { made, send, member, power, start } = room(version);
    const moderator = power(alice, { [bob]: 50 }, start);
    const banned = member(alice, bob, 'ban', moderator);
    const topic = send(bob, 'm.room.topic', '', { topic: 'mine' }, moderator);
    const resolved = made.resolve([made.stateAfter(banned), made.stateAfter(topic)]);
    expect(eventAt(resolved, 'm.room.member', bob)).toBe(banned);
    expect(eventAt(resolved, 'm.room.topic')).toBeUndefined();
  });

  it('the later of two topics wins, whichever branch it is on', () => {
    const { made, start } = room(version);
    const topic = (ts: number, name: string) =>
      made.send({ sender: alice, type: 'm.room.topic', stateKey: '', after: [start], ts, name });
    const [early, late, same] = [topic(100, 'x'), topic(200, 'b'), topic(200, 'a')];
    expect(eventAt(made.resolve([made.stateAfter(late), made.stateAfter(early)]), 'm.room.topic')).toBe(late);
    expect(eventAt(made.resolve([made.stateAfter(late), made.stateAfter(same)]), 'm.room.topic')).toBe(late);
  });

  it('greater power goes first, so the weaker cannot undo it', () => {
    const { made, power, start } = room(version, { events: { 'm.room.power_levels': 50 } });
    const both = power(alice, { [bob]: 50 }, start);
    const demoted = made.send({ ...levelsEvent(alice, { [bob]: 0 }), after: [both], ts: 900 });
    const promoted = made.send({ ...levelsEvent(bob, { [bob]: 50, [charlie]: 50 }), after: [both], ts: 100 });
    expect(eventAt(made.resolve([made.stateAfter(demoted), made.stateAfter(promoted)]), 'm.room.power_levels')).toBe(
      demoted,
    );

    function levelsEvent(sender: string, users: JsonObject) {
      const creator: JsonObject = version === '12' ? {} : { [alice]: 100 };
      const content = { users: { ...creator, ...users }, events: { 'm.room.power_levels': 50 } };
      return { sender, type: 'm.room.power_levels', stateKey: '', content };
    }
  });

  it('an event stands on its auth events only if they were not rejected', () => {
    const { made, member, opened, start } = room(version);
    const charlieJoined = member(charlie, charlie, 'join', opened);
    const topic = made.send({
      sender: charlie,
      type: 'm.room.message',
      stateKey: '@charlie:three',
      after: [charlieJoined],
    });
    expect(made.events.get(topic)?.rejected).toBe(true);
    const named = made.send({ sender: alice, type: 'm.room.name', stateKey: '', after: [start] });
    const known = made.events.get(named);
    const entry = { type: 'm.room.name', stateKey: '', eventId: named };
    const state = made.stateBefore([start]).filter(({ stateKey }) => stateKey !== alice);
    const resolveWith = (rejected: boolean) => {
      const join = known?.pdu.authEvents.find((id) => made.events.get(id)?.pdu.stateKey === alice);
      const joinEvent = join === undefined ? undefined : made.events.get(join);
      if (join === undefined || joinEvent === undefined) throw new Error('no join');
      made.events.set(join, { ...joinEvent, rejected });
      return eventAt(made.resolve([state, [...state, entry]]), 'm.room.name');
    };
    expect([resolveWith(false), resolveWith(true)]).toEqual([named, undefined]);
  });
});

describe('in room version 1', () => {
  const digest = (id: EventId) => hash('sha1', id, 'hex');

  it('the deepest event wins, then the one of the lowest SHA-1, whatever their times', () => {
    const { made, start } = room('1');
    const topic = (after: EventId, ts: number) =>
      made.send({ sender: alice, type: 'm.room.topic', stateKey: '', after: [after], ts });
    const [deep, shallow, other] = [topic(topic(start, 1), 1), topic(start, 900), topic(start, 800)];
    expect(eventAt(made.resolve([made.stateAfter(shallow), made.stateAfter(deep)]), 'm.room.topic')).toBe(deep);
    const lowest = digest(shallow) < digest(other) ? shallow : other;
    expect(eventAt(made.resolve([made.stateAfter(shallow), made.stateAfter(other)]), 'm.room.topic')).toBe(lowest);
  });

  it('power levels are followed upwards to the first that the one before forbids, and no further', () => {
    const { made, send, power, start } = room('1', { events: { 'm.room.power_levels': 50 } });
    const both = power(alice, { [bob]: 50 }, start);
    const demoted = power(alice, { [bob]: 0 }, both);
    const promoted = power(bob, { [bob]: 50, [charlie]: 50 }, send(bob, 'm.room.message', '', {}, both));
    const deepest = power(alice, { [bob]: 50, [charlie]: 20 }, promoted);
    const levels = (...ids: EventId[]) =>
      eventAt(made.resolve(ids.map((id) => made.stateAfter(id))), 'm.room.power_levels');
    expect(levels(demoted, promoted)).toBe(demoted);
    expect(levels(both, demoted)).toBe(demoted);
    expect(levels(promoted, deepest)).toBe(deepest);
    expect(levels(demoted, promoted, deepest)).toBe(demoted);
  });

  it('an event that no resolved state allows gives way to a shallower one', () => {
    const { made, send, member, power, start } = room('1');
    const moderator = power(alice, { [bob]: 50 }, start);
    const hers = send(alice, 'm.room.topic', '', {}, moderator);
    const his = send(bob, 'm.room.topic', '', {}, send(bob, 'm.room.name', '', {}, moderator));
    const banned = member(alice, bob, 'ban', hers);
    const deep = send(alice, 'm.room.avatar', '', {}, send(alice, 'm.room.avatar', '', {}, banned));
    const resolved = made.resolve([made.stateAfter(deep), made.stateAfter(his)]);
    expect(eventAt(resolved, 'm.room.member', bob)).toBe(banned);
    expect(eventAt(resolved, 'm.room.topic')).toBe(hers);
  });
});

describe('what only one of the states has', () => {
  it.each(['1', '2', '12'] as const)('is judged by before the rest, in room version %s', (version) => {
    const { made, member, power, start } = room(version, { events: { 'm.room.power_levels': 50 } });
    const both = power(alice, { [bob]: 50, [charlie]: 50 }, start);
    const joined = member(charlie, charlie, 'join', both);
    const byCharlie = power(charlie, { [bob]: 50, [charlie]: 50, '@dave:one': 1 }, joined);
    const resolved = made.resolve([made.stateAfter(byCharlie), made.stateAfter(both)]);
    expect(eventAt(resolved, 'm.room.member', charlie)).toBe(joined);
    expect(eventAt(resolved, 'm.room.power_levels')).toBe(byCharlie);
  });
});
