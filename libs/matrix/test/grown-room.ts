import type { JsonObject } from '../src/canonical-json/json-value.ts';
import type { EventId } from '../src/identifiers/event-id.ts';
import type { RoomVersion } from '../src/room-versions/rules.ts';
import type { StateEntry } from '../src/state-resolution/state.ts';
import type { Random } from './random.ts';
import { type Sketch, TestRoom } from './test-room.ts';

const users = ['@alice:one', '@bob:two', '@carol:three', '@dave:four'] as const;
const [alice, bob, carol] = users;

/** For tests: a room that grew at random, each event on top of one or two of the newest ends. */
export function grownRoom(version: RoomVersion, random: Random, size: number): TestRoom {
  const room = new TestRoom(version, alice);
  const by = (type: string, stateKey: string, content: JsonObject, after: EventId) =>
    room.send({ sender: alice, type, stateKey, content, after: [after] });
  const joined = by('m.room.member', alice, { membership: 'join' }, room.create);
  const levels = by('m.room.power_levels', '', powerLevels(version, 2), joined);
  let ends = [by('m.room.join_rules', '', { join_rule: 'public' }, levels)];
  for (let i = 0; i < size; i++) {
    const first = ends[random.below(ends.length)] ?? room.create;
    const second = ends[random.below(ends.length)] ?? first;
    const after = first === second || random.isOneIn(2) ? [first] : [first, second];
    const sent = room.send({ ...randomEvent(version, random), after, ts: random.below(4) });
    if (room.events.get(sent)?.rejected === true) continue;
    const left = random.isOneIn(2) ? ends.filter((end) => !after.includes(end)) : ends;
    ends = [...left, sent].slice(-4);
  }
  return room;
}

/** Some states of the room: after any of its events, and now and then with a place that is out of date, as others may send it. */
export function someStates(room: TestRoom, random: Random): StateEntry[][] {
  const accepted = [...room.events].filter(([, { rejected }]) => !rejected).map(([id]) => id);
  return Array.from({ length: 2 + random.below(3) }, () => {
    const state = room.stateAfter(accepted[random.below(accepted.length)] ?? room.create);
    return random.isOneIn(2) ? [...state] : state.map((entry) => (random.isOneIn(5) ? outdated(entry, room) : entry));
  });
}

function outdated(entry: StateEntry, room: TestRoom): StateEntry {
  for (const [eventId, { pdu, rejected }] of room.events)
    if (!rejected && pdu.type === entry.type && pdu.stateKey === entry.stateKey) return { ...entry, eventId };
  return entry;
}

function randomEvent(version: RoomVersion, random: Random): Omit<Sketch, 'after'> {
  const sender = random.oneOf(users);
  const level = random.below(4);
  const member = (stateKey: string, membership: string) => ({
    sender,
    type: 'm.room.member',
    stateKey,
    content: { membership },
  });
  switch (random.below(9)) {
    case 0:
    case 1:
      return { sender, type: 'm.room.power_levels', stateKey: '', content: powerLevels(version, level) };
    case 2:
      return {
        sender,
        type: 'm.room.join_rules',
        stateKey: '',
        content: { join_rule: level > 1 ? 'public' : 'invite' },
      };
    case 3:
      return member(random.oneOf(users), 'ban');
    case 4:
      return member(random.oneOf(users), 'leave');
    case 5:
      return member(random.oneOf(users), 'invite');
    case 6:
      return { sender, type: 'm.room.topic', stateKey: '', content: { topic: String(level) } };
    default:
      return member(sender, 'join');
  }
}

function powerLevels(version: RoomVersion, level: number): JsonObject {
  const others = { [bob]: level > 0 ? 50 : 0, [carol]: level > 2 ? 50 : 0 };
  return {
    users: version === '12' ? others : { [alice]: 100, ...others },
    events: { 'm.room.power_levels': level > 1 ? 50 : 100 },
  };
}
