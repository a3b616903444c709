import { type AuthenticatedRequest, errors, roomIdParam } from '@plexus/http';
import type { RoomId } from '@plexus/matrix';
import type { Database } from '@plexus/postgres';
import type { EventStore } from '../../clients/roomserver.ts';
import { compileRoomEventFilter, type EventFilter } from '../../domain/filter.ts';
import type { LiveIndex } from '../../domain/live-index.ts';
import { parsePaginationToken } from '../../domain/pagination-token.ts';
import type { SyncPosition } from '../../domain/sync-token.ts';
import type { TimelineEvent } from '../../domain/timeline-event.ts';
import { isVisible, type RoomHistory, readableUpTo } from '../../domain/visibility.ts';
import { hasForgotten } from '../../storage/forgotten-rooms.ts';
import { readMembershipChanges } from '../../storage/memberships.ts';
import type { RoomNumbers } from '../../storage/room-numbers.ts';
import { readBackwards, readForwards, readVisibilities } from '../../storage/timelines.ts';
import { parseFilterText } from '../filters/filter-store.ts';
import { refusal } from '../sync/sync.ts';

export interface ReadContext {
  readonly database: Database;
  readonly live: LiveIndex;
  readonly events: EventStore;
  readonly numbers: RoomNumbers;
  readonly generation: number;
  reach(position: SyncPosition): Promise<'reached' | 'behind' | 'unknown'>;
}

/** A room that the requester may read, and how far. */
export interface ReadableRoom {
  readonly roomId: RoomId;
  readonly roomNid: number;
  readonly history: RoomHistory;
  /** Events after this position are not theirs to see. */
  readonly upTo: number;
}

/** How many events are looked at for one page: a page of a room full of what the filter leaves out ends there and says where to go on. */
const maxScanned = 2000;
const scanStep = 250;

/** @throws MatrixHttpError M_FORBIDDEN for rooms that do not exist too: who may not read learns nothing */
export async function openRoom(context: ReadContext, request: AuthenticatedRequest): Promise<ReadableRoom> {
  const roomId = roomIdParam(request);
  const { userId } = request.requester;
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
  return { roomId, roomNid, history, upTo: Math.min(readable, context.live.position.room) };
}

/**
 * The place that a token of the query names; waits when this replica is not as far yet.
 * @throws MatrixHttpError M_INVALID_PARAM, M_UNKNOWN_POS
 */
export async function placeOf(context: ReadContext, query: URLSearchParams, name: string): Promise<number | undefined> {
  const token = query.get(name);
  if (token === null || token === '') return undefined;
  const parsed = parsePaginationToken(token, context.generation);
  if (parsed.kind === 'refused') throw refusal(name, parsed.problem);
  const reached = await context.reach({ ...context.live.position, room: parsed.position });
  if (reached === 'unknown') throw refusal(name, 'unknown');
  if (reached === 'behind') throw errors.unavailable();
  return parsed.position;
}

/** The RoomEventFilter of the query. @throws MatrixHttpError M_INVALID_PARAM */
export function readFilter(query: URLSearchParams): EventFilter {
  const text = query.get('filter');
  const compiled = compileRoomEventFilter(text === null || text === '' ? {} : parseFilterText(text));
  if (!compiled.ok) throw errors.invalidParam('filter', `has no valid ${compiled.key}`);
  return compiled.filter;
}

export interface PageRequest {
  readonly direction: 'b' | 'f';
  /** Between two events: those at or before it lie behind. */
  readonly from: number;
  /** Where to stop, as far as the requester said. */
  readonly to: number | undefined;
  readonly limit: number;
  readonly filter: EventFilter;
}

export interface Page {
  readonly events: readonly TimelineEvent[];
  /** Where the page ends; undefined when there is nothing beyond. */
  readonly end: number | undefined;
}

/** A page of a room in four steps: skeleton (positions), hydrate (events), rules (what this user may see and wants to); the caller presents. */
export async function readPage(context: ReadContext, room: ReadableRoom, request: PageRequest): Promise<Page> {
  const events: TimelineEvent[] = [];
  let from = request.direction === 'b' ? Math.min(request.from, room.upTo) : request.from;
  let scanned = 0;
  while (scanned < maxScanned) {
    // One more than is needed says whether there is more.
    const wanted = Math.min(scanStep, Math.max(request.limit - events.length + 1, 2));
    const positions = await skeleton(context, room, request, from, wanted);
    const found = await context.events.load(positions.map((position) => ({ roomId: room.roomId, position })));
    for (const position of positions) {
      if (events.length >= request.limit) return { events, end: from };
      const event = found.get(position);
      if (event !== undefined && isVisible(room.history, position) && request.filter.matches(event)) events.push(event);
      from = request.direction === 'b' ? position - 1 : position;
    }
    scanned += positions.length;
    if (positions.length < wanted) return { events, end: undefined };
  }
  return { events, end: from };
}

function skeleton(
  { database }: ReadContext,
  { roomNid, upTo }: ReadableRoom,
  { direction, to }: PageRequest,
  from: number,
  limit: number,
): Promise<number[]> {
  if (direction === 'b') return readBackwards(database, roomNid, { from, stop: to ?? 0, limit });
  return readForwards(database, roomNid, { from, stop: Math.min(to ?? upTo, upTo), limit });
}

/** Member events of the senders of a page, for lazy-loading clients: as they were at the page's newest event. */
export async function memberEvents(
  { events: store }: ReadContext,
  { roomId }: ReadableRoom,
  events: readonly TimelineEvent[],
): Promise<string[]> {
  const newest = events.reduce<TimelineEvent | undefined>(
    (latest, event) => (latest === undefined || event.position > latest.position ? event : latest),
    undefined,
  );
  if (newest === undefined) return [];
  const [state] = await store.state([
    {
      roomId,
      at: { $case: 'afterEventId', value: newest.eventId },
      keys: [...new Set(events.map((event) => event.sender))].map((stateKey) => ({ type: 'm.room.member', stateKey })),
      types: [],
      omitMembers: false,
      members: [],
    },
  ]);
  return store.present(state?.events ?? []);
}

/** The text of an event for one device. */
export function presentEvent(event: TimelineEvent, userId: string, deviceId: string | undefined): string {
  const text = event.textWithRoomId();
  return event.isEchoFor(userId, deviceId) ? event.withTransactionId(text) : text;
}

function notAMember() {
  return errors.forbidden('You are not allowed to see this room');
}
