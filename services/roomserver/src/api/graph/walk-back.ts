import { type EventId, isEventId, isJsonObject, ownValue, parseStoredJson } from '@plexus/matrix';
import type { Queryable } from '@plexus/postgres';
import { eventKeyOf } from '../../domain/event-key.ts';
import { type LineRow, selectLines } from '../../storage/prev-lines.ts';
import { type ReadEvent, readEvent } from '../../storage/stored-event.ts';

/** An event on the way back through the graph of prev_events. */
export interface WalkedEvent {
  readonly row: LineRow;
  readonly read: ReadEvent;
  readonly depth: number;
  readonly prevEvents: readonly string[];
}

/** Whether an event is in the answer, and whether the walk goes on beyond it. */
export type Step = 'take' | 'pass' | 'stop';

export interface Walk {
  readonly roomId: string;
  readonly from: readonly string[];
  readonly limit: number;
  readonly stepAt: (event: WalkedEvent) => Step;
}

/** No answer has more events; more are not looked at either. */
export const MAX_WALKED_EVENTS = 100;

/**
 * Walks back breadth first. A round trip loads the lines that lead back from what is needed, so it is one for a line of events and one for
 * each level at which lines meet.
 */
export async function walkBack(queryable: Queryable, { roomId, from, limit, stepAt }: Walk): Promise<WalkedEvent[]> {
  const taken: WalkedEvent[] = [];
  const most = Math.min(limit, MAX_WALKED_EVENTS);
  const loaded = new Map<string, WalkedEvent>();
  const seen = new Set<string>();
  let passed = 0;
  for (let level = [...new Set(from)]; level.length > 0; ) {
    const missing = level.filter((eventId) => !loaded.has(eventId)).filter(isEventId);
    for (const event of await loadLines(queryable, roomId, missing, most + level.length))
      loaded.set(event.read.eventId, event);
    const next = new Set<string>();
    for (const eventId of level) {
      const event = loaded.get(eventId);
      if (event === undefined || seen.has(eventId)) continue;
      seen.add(eventId);
      const step = stepAt(event);
      if (step === 'stop') continue;
      if (step === 'take') taken.push(event);
      else if (++passed > MAX_WALKED_EVENTS) return taken;
      if (taken.length >= most) return taken;
      for (const prev of event.prevEvents) if (!seen.has(prev)) next.add(prev);
    }
    level = [...next];
  }
  return taken;
}

async function loadLines(
  queryable: Queryable,
  roomId: string,
  eventIds: readonly EventId[],
  limit: number,
): Promise<WalkedEvent[]> {
  if (eventIds.length === 0) return [];
  const keys = eventIds.map(eventKeyOf);
  const rows = await queryable.query<LineRow>(selectLines, [
    roomId,
    keys.map(({ head }) => head),
    keys.map(({ tail }) => tail),
    limit,
  ]);
  return rows.map((row) => {
    const read = readEvent(row);
    return { row, read, ...placeInGraph(read.json) };
  });
}

/** Room versions 1 and 2 have pairs of an id and a hash. */
function placeInGraph(json: string): { depth: number; prevEvents: string[] } {
  const event: unknown = parseStoredJson(json);
  const list = isJsonObject(event) ? ownValue(event, 'prev_events') : undefined;
  const depth = isJsonObject(event) ? ownValue(event, 'depth') : undefined;
  if (!Array.isArray(list)) throw new Error('a stored event without prev_events');
  return {
    depth: Number(depth),
    prevEvents: list.map((entry: unknown) => (Array.isArray(entry) ? entry[0] : entry)).filter(isEventId),
  };
}
