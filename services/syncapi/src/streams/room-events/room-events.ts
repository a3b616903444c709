import { membershipAtEvents } from '../../domain/membership.ts';
import type { TimelineEvent } from '../../domain/timeline-event.ts';
import type { MemoryIndex } from '../../memory/memory-index.ts';
import type { RoomMemory } from '../../memory/room-memory.ts';
import { isIgnoredInvite, withoutIgnored } from '../../read/ignored-users.ts';
import type { SyncSources } from '../sources.ts';
import { type SyncQuery, syncStream } from '../stream.ts';
import type { SyncParts } from '../sync-parts.ts';
import { deletedRoomText } from './deleted-room.ts';
import { loadRooms } from './load-rooms.ts';
import { membersFor } from './members.ts';
import { rangeInMemory } from './memory-range.ts';
import { RoomDelta } from './room-delta.ts';
import type { RoomNews } from './room-news.ts';
import type { EndedRoom } from './rooms-of-sync.ts';
import { cutTimeline, sectionOf, untoldChanges } from './section.ts';
import { summaryText } from './summary.ts';

interface Facts {
  readonly rooms: readonly RoomNews[];
}

/** Timelines and state of rooms, invites and knocks, rooms that were left. Client-server API, "Syncing". */
export const roomEvents = syncStream<Facts>({
  name: 'room_events',
  log: 'room',
  recall,
  load,
  tell,
});

function recall(query: SyncQuery, memory: MemoryIndex): Facts | undefined {
  const { rooms, since } = query;
  if (since === undefined || since.room < memory.events.floor) return undefined;
  if (rooms.entered.length + rooms.ended.length > 0) return undefined;
  const found: RoomNews[] = [];
  for (const room of rooms.stayed) {
    if (room.lastEvent <= since.room) continue;
    const news = recallRoom(room, query, since.room);
    if (news === undefined) return undefined;
    found.push(news);
  }
  return { rooms: found };
}

/** The news of one room; undefined when its state, a member or the summary must be loaded. */
function recallRoom(room: RoomMemory, query: SyncQuery, since: number): RoomNews | undefined {
  const delta = recallDelta(room, query, since);
  if (delta === undefined) return undefined;
  const summary = delta.section.membersChanged ? room.summary : undefined;
  if (summary === undefined && delta.section.membersChanged) return undefined;
  const { known, missing } = membersFor({ delta, summary }, room, query);
  if (missing.length > 0) return undefined;
  return { roomId: room.roomId, membership: 'join', delta, members: known, summary, isNew: false };
}

/** Built once for all who filter alike and ignore none of the senders. */
function recallDelta(room: RoomMemory, query: SyncQuery, since: number): RoomDelta | undefined {
  const events = room.events.after(since);
  const shown = withoutIgnored(events, query.ignored());
  if (shown.length < events.length) return buildDelta(room, query, since);
  // Clients of different positions between which the room was silent share one text.
  const key = `events ${events[0]?.position ?? 0} ${query.dialect} ${query.filter.key}`;
  return room.builtOnce(key, () => ({ delta: buildDelta(room, query, since) })).delta;
}

function buildDelta(room: RoomMemory, query: SyncQuery, since: number): RoomDelta | undefined {
  const range = rangeInMemory(room, since, query.upTo.room);
  const cut = cutTimeline({ ...range, events: withoutIgnored(range.events, query.ignored()) }, query.filter.timeline);
  const untold = untoldChanges(range.stateChanges, cut, query.dialect);
  if (untold.some(({ event }) => event === undefined)) return undefined;
  return new RoomDelta(room.roomId, sectionOf(cut, range.stateChanges, untold, query), query);
}

async function load(query: SyncQuery, sources: SyncSources): Promise<Facts> {
  const neverJoined = query.rooms.ended.filter(({ joined }) => joined === undefined);
  const [rooms, events] = await Promise.all([
    loadRooms(sources, query),
    sources.events.load(neverJoined.map(({ roomId, upTo: position }) => ({ roomId, position }))),
  ]);
  return { rooms: [...rooms, ...neverJoined.map((room) => ownMembership(room, events.get(room.upTo), query))] };
}

/** Of a room in which the user was not joined at any time of the sync, as after a declined invite: their own membership and nothing else. */
function ownMembership(
  { roomId, upTo, memberships }: EndedRoom,
  event: TimelineEvent | undefined,
  query: SyncQuery,
): RoomNews {
  const own = event?.type === 'm.room.member' && event.stateKey === query.user.userId ? [event] : [];
  const changes = own.map(({ position, type }) => ({
    position,
    type,
    stateKey: query.user.userId,
    event,
    eventId: undefined,
  }));
  const cut = cutTimeline({ events: own, truncated: false, upTo }, query.filter.timeline);
  const section = sectionOf(cut, changes, untoldChanges(changes, cut, query.dialect), query);
  const delta = new RoomDelta(roomId, section, query, membershipAtEvents(memberships));
  return { roomId, membership: 'leave', delta, members: [], summary: undefined, isNew: false };
}

function tell({ rooms }: Facts, query: SyncQuery, parts: SyncParts): void {
  for (const room of rooms) tellRoom(room, query, parts);
  for (const { room, membership, strippedState } of query.rooms.pending) {
    if (membership === 'invite' && isIgnoredInvite(strippedState, query.user.userId, query.ignored())) continue;
    parts[membership].set(room.roomId, strippedState === '' ? '[]' : strippedState);
  }
  for (const room of query.rooms.deleted) parts.left(room.roomId).events = deletedRoomText(room, query);
}

function tellRoom(news: RoomNews, { user, deviceId }: SyncQuery, parts: SyncParts): void {
  const { roomId, delta, members, summary } = news;
  const text = () => delta.textFor({ userId: user.userId, deviceId }, members);
  if (news.membership === 'leave') {
    parts.left(roomId).events = text();
    return;
  }
  if (delta.isEmpty && summary === undefined && !news.isNew) return;
  const room = parts.joined(roomId);
  room.events = text();
  if (summary !== undefined) room.summary = summaryText(summary, user.userId);
  parts.sentMembers.push(...members, ...delta.memberEvents);
}
