import { type AuthenticatedRequest, errors, roomIdParam } from '@plexus/http';
import type { RoomId } from '@plexus/matrix';
import type { Database } from '@plexus/postgres';
import type { EventStore } from '../../clients/roomserver.ts';
import { compileRoomEventFilter, type EventFilter } from '../../domain/filter.ts';
import { parsePaginationToken } from '../../domain/pagination-token.ts';
import type { TimelineEvent } from '../../domain/timeline-event.ts';
import type { TimelinePlace } from '../../domain/timeline-place.ts';
import type { MemoryIndex } from '../../memory/memory-index.ts';
import type { ReadBarrier } from '../../read/read-barrier.ts';
import { type RoomHistory, readableUpTo } from '../../read/room-history.ts';
import { hasForgotten } from '../../storage/forgotten-rooms.ts';
import { readMembershipChanges } from '../../storage/memberships.ts';
import type { RoomNumbers } from '../../storage/room-numbers.ts';
import { readVisibilities } from '../../storage/timelines.ts';
import { parseFilterText } from '../filters/filter-store.ts';
import { refusal } from '../sync/sync.ts';

export interface ReadContext {
  readonly database: Database;
  readonly memory: MemoryIndex;
  readonly events: EventStore;
  readonly numbers: RoomNumbers;
  readonly generation: number;
  readonly barrier: ReadBarrier;
}

/** A room that the requester may read, and how far. */
export interface ReadableRoom {
  readonly roomId: RoomId;
  readonly roomNid: number;
  /** Who reads. */
  readonly userId: string;
  readonly history: RoomHistory;
  /** Events after this position are not theirs to see. */
  readonly upTo: number;
}

/** The logs by which reads of a room are answered. */
export const roomReadLogs = ['room', 'user'] as const;

/** @throws MatrixHttpError M_FORBIDDEN for rooms that do not exist too: who may not read learns nothing */
export async function openRoom(context: ReadContext, request: AuthenticatedRequest): Promise<ReadableRoom> {
  const roomId = roomIdParam(request);
  const { userId } = request.requester;
  await context.barrier.pass(roomReadLogs);
  const roomNid = (await context.numbers.find(context.database, [roomId])).get(roomId);
  if (roomNid === undefined) throw notAMember();
  const [memberships, visibilities] = await Promise.all([
    readMembershipChanges(context.database, userId, [roomNid]),
    readVisibilities(context.database, [roomNid]),
  ]);
  const history = { memberships: memberships.get(roomNid) ?? [], visibilities: visibilities.get(roomNid) ?? [] };
  const readable = readableUpTo(history);
  const last = history.memberships.at(-1);
  const isForgotten =
    last !== undefined &&
    last.membership !== 'join' &&
    (await hasForgotten(context.database, userId, roomNid, last.position));
  if (readable === undefined || (isForgotten && readable !== Number.MAX_SAFE_INTEGER)) throw notAMember();
  return { roomId, roomNid, userId, history, upTo: Math.min(readable, context.memory.position.room) };
}

/**
 * The place that a token of the query names, for a reader who has passed the barrier: tokens name committed positions.
 * @throws MatrixHttpError M_INVALID_PARAM, M_UNKNOWN_POS
 */
export function placeOf(context: ReadContext, query: URLSearchParams, name: string): TimelinePlace | undefined {
  const token = query.get(name);
  if (token === null || token === '') return undefined;
  const parsed = parsePaginationToken(token, context.generation);
  if (parsed.kind === 'refused') throw refusal(name, parsed.problem);
  if (parsed.place.position > context.memory.position.room) throw refusal(name, 'unknown');
  return parsed.place;
}

/** The RoomEventFilter of the query. @throws MatrixHttpError M_INVALID_PARAM */
export function readFilter(query: URLSearchParams): EventFilter {
  const text = query.get('filter');
  const compiled = compileRoomEventFilter(text === null || text === '' ? {} : parseFilterText(text));
  if (!compiled.ok) throw errors.invalidParam('filter', `has no valid ${compiled.key}`);
  return compiled.filter;
}

/** The text of an event for one device. */
export function presentEvent(event: TimelineEvent, userId: string, deviceId: string | undefined): string {
  const text = event.textWithRoomId();
  return event.isEchoFor(userId, deviceId) ? event.withTransactionId(text) : text;
}

function notAMember() {
  return errors.forbidden('You are not allowed to see this room');
}
