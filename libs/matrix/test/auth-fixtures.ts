import { authorise } from '../src/auth-rules/authorise.ts';
import type { AuthState, EventToAuthorise } from '../src/auth-rules/decision.ts';
import type { JsonObject } from '../src/canonical-json/json-value.ts';
import type { Pdu } from '../src/events/pdu.ts';
import { parseEventId } from '../src/identifiers/event-id.ts';
import { rulesOf } from '../src/room-versions/room-versions.ts';
import type { RoomVersion } from '../src/room-versions/rules.ts';
import { must, roomId, userId } from './event-fixtures.ts';

/** Alice made the room and has 100, Bob is a moderator with 50, Carol is a member, Dave is on another server and not in it. */
export const alice = '@alice:one';
export const bob = '@bob:one';
export const carol = '@carol:two';
export const dave = '@dave:three';

const CREATE_ID = 'C'.repeat(43);

/** A state of a room in which each case changes what it is about; `null` takes an entry out. */
export function stateOf(version: RoomVersion, changes: Record<string, JsonObject | null> = {}): AuthState {
  const entries: Record<string, JsonObject | null> = {
    'm.room.create|': version === '11' || version === '12' ? {} : { creator: alice },
    'm.room.power_levels|': { users: version === '12' ? { [bob]: 50 } : { [alice]: 100, [bob]: 50 } },
    'm.room.join_rules|': { join_rule: 'invite' },
    [`m.room.member|${alice}`]: { membership: 'join' },
    [`m.room.member|${bob}`]: { membership: 'join' },
    [`m.room.member|${carol}`]: { membership: 'join' },
    ...changes,
  };
  const state = new Map<string, Pdu>();
  for (const [key, content] of Object.entries(entries)) {
    if (content === null) continue;
    const [type, stateKey] = [key.slice(0, key.indexOf('|')), key.slice(key.indexOf('|') + 1)];
    state.set(key, pdu(version, type, stateKey, content));
  }
  return (type, stateKey) => state.get(`${type}|${stateKey}`);
}

export function roomOf(version: RoomVersion) {
  return roomId(version === '12' ? `!${CREATE_ID}` : '!room:one');
}

/** An event of the state. `sender` in the content is for the sketch only and says who sent it. */
function pdu(version: RoomVersion, type: string, stateKey: string, { sender, ...content }: JsonObject): Pdu {
  return {
    eventId: must(parseEventId(`$${type === 'm.room.create' ? CREATE_ID : `${type}|${stateKey}`}`)),
    roomId: roomOf(version),
    type,
    stateKey,
    sender: userId(typeof sender === 'string' ? sender : alice),
    content,
    prevEvents: [],
    authEvents: [],
    depth: 1,
    originServerTs: 1,
    redacts: undefined,
  };
}

export type EventSketch = { type?: string; stateKey?: string; content?: JsonObject } & Partial<EventToAuthorise>;

export function eventOf(version: RoomVersion, sender: string, sketch: EventSketch = {}): EventToAuthorise {
  return {
    type: 'm.room.message',
    stateKey: undefined,
    content: {},
    prevEvents: [must(parseEventId('$previous'))],
    redacts: undefined,
    roomId: roomOf(version),
    ...sketch,
    sender: userId(sender),
  };
}

/** `allowed`, or why not. */
export function judged(
  version: RoomVersion,
  sender: string,
  sketch: EventSketch,
  changes: Record<string, JsonObject | null> = {},
): string {
  const decision = authorise(eventOf(version, sender, sketch), stateOf(version, changes), rulesOf(version));
  return decision.allowed ? 'allowed' : decision.reason;
}

export function member(target: string, membership: string, rest: JsonObject = {}): EventSketch {
  return { type: 'm.room.member', stateKey: target, content: { membership, ...rest } };
}

export const createEventId = must(parseEventId(`$${CREATE_ID}`));
export const versions: RoomVersion[] = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12'];

/** The versions from this one on. */
export function since(version: RoomVersion): RoomVersion[] {
  return versions.slice(versions.indexOf(version));
}

/** The versions before this one. */
export function earlierThan(version: RoomVersion): RoomVersion[] {
  return versions.slice(0, versions.indexOf(version));
}
