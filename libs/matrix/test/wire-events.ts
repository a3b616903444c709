import type { JsonObject } from '../src/canonical-json/json-value.ts';
import { parsePdu } from '../src/events/parse-pdu.ts';
import { rulesOf } from '../src/room-versions/room-versions.ts';
import type { RoomVersion } from '../src/room-versions/rules.ts';

/** For tests: an event as it could come over federation, its hashes and signatures made up. */
export function wireEvent(version: RoomVersion, changes: JsonObject = {}): JsonObject {
  const rules = rulesOf(version);
  const reference = (id: string) => (rules.eventReferences === 'pairs' ? [`${id}:one`, { sha256: 'x' }] : id);
  return {
    type: 'm.room.message',
    room_id: rules.roomIdIsCreateEventHash ? `!${'A'.repeat(43)}` : '!room:one',
    sender: '@alice:one',
    content: { body: 'hello' },
    prev_events: [reference('$prev')],
    auth_events: [reference('$power'), reference('$member')],
    depth: 7,
    origin_server_ts: 1_700_000_000_000,
    hashes: { sha256: 'x' },
    signatures: { one: { 'ed25519:1': 'x' } },
    ...(rules.eventIds === 'explicit' ? { event_id: '$own:one' } : {}),
    ...changes,
  };
}

/** `ok`, the key that is wrong, or the error's code. */
export function readText(text: string | Uint8Array, version: RoomVersion): string {
  const result = parsePdu(text, rulesOf(version));
  return result.ok ? 'ok' : (result.error.key ?? result.error.code);
}

/** The same for an event given as an object, with a piece of its text put in the place of `"@"`. */
export function readEvent(version: RoomVersion, changes: JsonObject, lexeme = ''): string {
  return readText(
    JSON.stringify(wireEvent(version, changes)).replace('"@"', () => lexeme),
    version,
  );
}
