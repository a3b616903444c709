import type { EventId, JsonObject, RoomVersion } from '@plexus/matrix';
import { RemoteRoom, type RemoteSketch } from './remote-room.ts';

/** Numbers below a bound, the same for the same seed. */
export function chooser(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    // Of the usual constants; the upper bits are the better ones.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

const users = [
  '@carl:one.example',
  '@dora:one.example',
  '@emil:two.example',
  '@fay:two.example',
  '@gus:three.example',
] as const;

export interface RandomRoom {
  readonly room: RemoteRoom;
  /** The event with which this server comes in. */
  readonly join: EventId;
  /** What happens after it, in some order in which each event comes after its prev events. The last one follows all. */
  readonly after: readonly EventId[];
}

/**
 * A room in which servers that do not hear of each other at once talk, quarrel over power and throw each other out. What they send is what an
 * honest server would, as far as it can know; much of it is not allowed by the time that others see it.
 */
export function randomRoom(version: RoomVersion, seed: number, length: number, localUser: string): RandomRoom {
  const choose = chooser(seed);
  const room = RemoteRoom.open(version, users[0], { [users[2]]: 100, [users[1]]: 50 });
  for (const user of users.slice(1)) room.member(user, 'join');
  const join = room.member(localUser, 'join');
  const after: EventId[] = [];
  for (let count = 0; count < length; count++) {
    const recent = [join, ...after].slice(-6);
    const prevEvents = [...new Set(Array.from({ length: 1 + choose(3) }, () => pick(recent, choose)))];
    const sender = pick(users, choose);
    after.push(
      room.send({
        sender,
        ...something(room, after, choose, sender),
        after: prevEvents,
        ts: 1_760_000_000_000 + choose(5_000),
      }),
    );
  }
  const isFollowed = new Set(after.flatMap((eventId) => room.get(eventId).pdu.prevEvents));
  const ends = [join, ...after].filter((eventId) => !isFollowed.has(eventId));
  after.push(...joinAll(room, ends));
  return { room, join, after };
}

/** By the creator, whom nobody can throw out. */
function joinAll(room: RemoteRoom, ends: readonly EventId[]): EventId[] {
  const joins: EventId[] = [];
  let open = ends;
  do {
    const joined = room.message(users[0], 'all together', { after: open.slice(0, 20), ts: 1_760_000_006_000 });
    joins.push(joined);
    open = [...open.slice(20), joined];
  } while (open.length > 1);
  return joins;
}

function something(
  room: RemoteRoom,
  sent: readonly EventId[],
  choose: (bound: number) => number,
  sender: string,
): Omit<RemoteSketch, 'sender'> & { sender?: string } {
  const target = pick(users.slice(1), choose);
  const member = (membership: string, of: string = target) => ({
    type: 'm.room.member',
    stateKey: of,
    content: { membership },
  });
  const state = (type: string, content: JsonObject) => ({ type, stateKey: '', content });
  const kinds = [
    () => ({ type: 'm.room.message', content: { body: `${choose(1_000)}` } }),
    () => ({ type: 'm.room.message', content: { body: `${choose(1_000)}` } }),
    () => state('m.room.topic', { topic: `${choose(1_000)}` }),
    () => state('m.room.name', { name: `${choose(1_000)}` }),
    () => member('ban'),
    () => member('leave'),
    // Never the creator, who joins all in the end.
    () => ({ sender: target, ...member('leave') }),
    () => member('join', sender),
    () => member('invite'),
    () => state('m.room.join_rules', { join_rule: choose(2) === 0 ? 'invite' : 'public' }),
    () => state('m.room.power_levels', powerLevels(room, choose)),
    () => redaction(room, pick([...sent, room.create], choose)),
  ];
  return pick(kinds, choose)();
}

function powerLevels(room: RemoteRoom, choose: (bound: number) => number): JsonObject {
  const named: JsonObject = { [users[1]]: choose(3) * 50, [users[2]]: 100 };
  return { users: room.rules.privilegedCreators ? named : { ...named, [users[0]]: 100 }, invite: choose(2) * 50 };
}

function redaction(room: RemoteRoom, redacts: EventId) {
  const content: JsonObject = room.rules.redactsIn === 'content' ? { redacts } : {};
  // Who may not say so any more by the time it arrives has redacted nothing; the creator always may.
  return { sender: users[0], type: 'm.room.redaction', redacts, content };
}

function pick<Item>(items: readonly Item[], choose: (bound: number) => number): Item {
  const item = items[choose(items.length)];
  if (item === undefined) throw new Error('nothing to choose from');
  return item;
}
