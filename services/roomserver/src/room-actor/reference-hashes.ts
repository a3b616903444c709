import { type EventId, encodeUrlSafeBase64, isEventId, parsePdu, referenceHash } from '@plexus/matrix';
import type { Queryable } from '@plexus/postgres';
import { unfoldJson } from '../domain/folded-json.ts';
import { selectBodies } from '../storage/state-at.ts';
import type { StageContext } from './draft.ts';
import type { LiveRoom } from './live-room.ts';

const EVENT_ID_BYTES = 18;

/** An event id of this server, as room versions 1 and 2 have them. */
export function newEventId({ random, serverName }: Pick<StageContext, 'random' | 'serverName'>): EventId {
  const eventId = `$${encodeUrlSafeBase64(random.bytes(EVENT_ID_BYTES))}:${serverName}`;
  if (isEventId(eventId)) return eventId;
  throw new Error('this server cannot make event ids');
}

/** Reference hashes of events of a room of version 1 or 2; what is not remembered is read, in one round trip. */
export async function referenceHashes(
  room: LiveRoom,
  events: readonly { readonly event: number; readonly eventId: EventId }[],
  queryable: Queryable,
): Promise<ReadonlyMap<EventId, string>> {
  const missing = events.filter(({ eventId }) => !room.referenceHashes.has(eventId));
  if (missing.length > 0) {
    const rows = await queryable.query<{ event: number; folded_json: string }>(selectBodies, [
      missing.map(({ event }) => event),
    ]);
    for (const { folded_json } of rows) rememberReferenceHash(room, unfoldJson(folded_json));
  }
  return new Map(
    events.flatMap(({ eventId }) => {
      const hash = room.referenceHashes.get(eventId);
      return hash === undefined ? [] : [[eventId, hash] as const];
    }),
  );
}

/** Of an event that is on its way into the database, so that the next ones can refer to it; without effect since room version 3. */
export function rememberReferenceHash(room: LiveRoom, json: string): void {
  if (room.rules.eventIds !== 'explicit') return;
  const parsed = parsePdu(json, room.rules);
  if (!parsed.ok) throw new Error('a stored event is no event of its room version');
  const { object, pdu } = parsed.value;
  room.referenceHashes.set(pdu.eventId, referenceHash(object, room.rules));
}
