import type { JsonObject } from '../src/canonical-json/json-value.ts';
import type { NewEvent } from '../src/events/build-event.ts';
import { type EventId, parseEventId } from '../src/identifiers/event-id.ts';
import { parseRoomId, type RoomId } from '../src/identifiers/room-id.ts';
import { parseServerName, type ServerName } from '../src/identifiers/server-name.ts';
import { parseUserId, type UserId } from '../src/identifiers/user-id.ts';
import { rulesOf } from '../src/room-versions/room-versions.ts';
import { type SigningKey, signingKeyFromSeed } from '../src/signatures/signing-key.ts';

/** For tests: what a parser made of text that is known to be right. */
export function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a fixture does not parse');
  return value;
}

export const userId = (text: string): UserId => must(parseUserId(text));
export const roomId = (text: string): RoomId => must(parseRoomId(text));
export const eventId = (text: string): EventId => must(parseEventId(text));
export const serverName = (text: string): ServerName => must(parseServerName(text));

/** The key of the specification's test vectors. */
export const signingKey: SigningKey = must(
  signingKeyFromSeed('1', Buffer.from('YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1', 'base64')),
);

/** A message to be built, of room version 11 unless something else is said. */
export function newEvent(
  overrides: Partial<NewEvent> = {},
  content: JsonObject = { body: 'hello', msgtype: 'm.text' },
): NewEvent {
  return {
    rules: rulesOf('11'),
    roomId: roomId('!room:domain'),
    type: 'm.room.message',
    stateKey: undefined,
    sender: userId('@alice:domain'),
    content,
    prevEvents: [eventId('$prev')],
    authEvents: [eventId('$create'), eventId('$power'), eventId('$member')],
    depth: 7,
    originServerTs: 1_700_000_000_000,
    origin: serverName('domain'),
    signingKey,
    ...overrides,
  };
}
