import { describe, expect, it } from 'vitest';
import { versions } from '../../test/auth-fixtures.ts';
import { TestRoom } from '../../test/test-room.ts';
import { authorise } from '../auth-rules/authorise.ts';
import type { EventId } from '../identifiers/event-id.ts';
import type { RoomVersion } from '../room-versions/rules.ts';
import type { StateEntry } from '../state-resolution/state.ts';

const alice = '@alice:one';
const bob = '@bob:two';

/** A room with Bob in it, and an old branch from before he was banned. */
function roomWithBan(version: RoomVersion) {
  const room = new TestRoom(version, alice);
  const send = (sender: string, type: string, stateKey: string, content: object, ...after: EventId[]) =>
    room.send({ sender, type, stateKey, content: { ...content }, after });
  const member = (sender: string, target: string, membership: string, after: EventId) =>
    send(sender, 'm.room.member', target, { membership }, after);
  const users = version === '12' ? {} : { [alice]: 100 };
  const joined = member(alice, alice, 'join', room.create);
  const levels = send(alice, 'm.room.power_levels', '', { users }, joined);
  const open = send(alice, 'm.room.join_rules', '', { join_rule: 'public' }, levels);
  const old = member(bob, bob, 'join', open);
  const ban = member(alice, bob, 'ban', old);
  const judge = (id: EventId, state: readonly StateEntry[]) => {
    const event = room.events.get(id);
    if (event === undefined) throw new Error('no event');
    const find = (type: string, stateKey: string) => {
      const entry = state.find((each) => each.type === type && each.stateKey === stateKey);
      return entry === undefined ? undefined : room.events.get(entry.eventId)?.pdu;
    };
    const decision = authorise(event.pdu, find, room.rules);
    return decision.allowed ? 'allowed' : decision.reason;
  };
  return { room, send, member, old, ban, judge };
}

describe.each(versions)('A13 in room version %s an event of a banned user', (version) => {
  it('on an old branch is allowed where it stands, and not where the room is now', () => {
    const { room, old, ban, judge } = roomWithBan(version);
    const late = room.send({ sender: bob, type: 'm.room.message', content: { body: 'still here' }, after: [old] });
    expect(room.events.get(late)?.rejected).toBe(false);
    expect(judge(late, room.stateBefore([old]))).toBe('allowed');
    expect(judge(late, room.stateAfter(ban))).toBe('sender_not_joined');
  });

  it('on an old branch changes nothing of the room, once the branches meet', () => {
    const { room, send, member, old, ban } = roomWithBan(version);
    const joinedAgain = send(bob, 'm.room.member', bob, { membership: 'join', displayname: 'Bob' }, old);
    const left = member(bob, bob, 'leave', old);
    for (const late of [joinedAgain, left]) {
      const resolved = room.resolve([room.stateAfter(ban), room.stateAfter(late)]);
      expect(resolved.find((entry) => entry.stateKey === bob)?.eventId).toBe(ban);
    }
  });

  it('that cites what allowed it is still rejected where it was banned', () => {
    const { room, old, ban } = roomWithBan(version);
    const before = room.stateBefore([old]).map(({ eventId }) => eventId);
    const isOf = (id: EventId, type: string, stateKey: string) => {
      const pdu = room.events.get(id)?.pdu;
      return pdu?.type === type && pdu.stateKey === stateKey;
    };
    const cited = before.filter(
      (id) =>
        isOf(id, 'm.room.power_levels', '') ||
        isOf(id, 'm.room.member', bob) ||
        (version !== '12' && isOf(id, 'm.room.create', '')),
    );
    const late = room.send({ sender: bob, type: 'm.room.message', after: [ban], authEvents: [...cited, old] });
    expect(room.events.get(late)?.rejected).toBe(true);
  });
});
