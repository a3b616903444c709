import type { RoomState, RoomStateQuery } from '@plexus/contracts/roomserver';
import { TimelineEvent } from '../../domain/timeline-event.ts';
import type { RoomMemory, RoomSummary } from '../../memory/room-memory.ts';
import { isIgnored, withoutIgnored } from '../../read/ignored-users.ts';
import { readSummaries } from '../../storage/timelines.ts';
import type { SyncSources } from '../sources.ts';
import type { SyncQuery } from '../stream.ts';
import { loadEvents, loadStateChanges, type RangeEvents, withEvents } from './load-ranges.ts';
import { membersFor } from './members.ts';
import { rangeInMemory } from './memory-range.ts';
import { RoomDelta } from './room-delta.ts';
import type { RoomNews } from './room-news.ts';
import { type RoomToLoad, roomsToLoad } from './rooms-to-load.ts';
import {
  cutTimeline,
  type StateChangeRef,
  sectionOf,
  stateBaseOf,
  type TimelineCut,
  untoldChanges,
} from './section.ts';
import { heroesFor } from './summary.ts';

/** A room on its way from the index to its part of the response. */
interface CutRoom {
  readonly room: RoomToLoad;
  readonly cut: TimelineCut;
  /** Undefined until they are read from the index. */
  readonly changes: readonly StateChangeRef[] | undefined;
}

interface ChangedRoom extends CutRoom {
  readonly changes: readonly StateChangeRef[];
  /** Those that the client is sent, with their events. */
  readonly untold: readonly StateChangeRef[];
}

/** Loads the parts of all rooms together: a handful of statements and at most four calls of roomserver, however many rooms there are. */
export async function loadRooms(sources: SyncSources, query: SyncQuery): Promise<RoomNews[]> {
  const rooms = await roomsToLoad(sources, query);
  if (rooms.length === 0) return [];
  const changed = await loadChanges(sources, query, await loadTimelines(sources, query, rooms));
  const summaries = await loadSummaries(sources, changed);
  const states = await loadWholeStates(sources, query, changed, summaries);
  const news = changed.map(({ room, cut, changes, untold }): RoomNews => {
    const { roomId, membership, needsWholeState } = room;
    const section = sectionOf(cut, changes, untold, query, states.get(room));
    const delta = new RoomDelta(roomId, section, query, room.membershipAt);
    return { roomId, membership, delta, isNew: needsWholeState, summary: summaries.get(roomId), members: [] };
  });
  return withMembers(sources, query, news);
}

async function loadTimelines(sources: SyncSources, query: SyncQuery, rooms: readonly RoomToLoad[]): Promise<CutRoom[]> {
  const { memory } = sources;
  const { filter, upTo } = query;
  const ignored = query.ignored();
  const held = new Map<RoomToLoad, ReturnType<typeof rangeInMemory>>();
  for (const room of rooms) {
    const known = room.needsWholeState || room.membership === 'leave' ? undefined : memory.knownRoom(room.roomId);
    if (known !== undefined && room.after >= memory.events.floor)
      held.set(room, rangeInMemory(known, room.after, upTo.room));
  }
  const loaded = await loadEvents(
    sources,
    filter.timeline,
    rooms.flatMap((room) => {
      if (held.has(room)) return [];
      const maySee = (event: TimelineEvent) =>
        (room.maySee === undefined || room.maySee(event)) && !isIgnored(event, ignored);
      return [{ ...room, maySee, room }];
    }),
  );
  const ranges = new Map<RoomToLoad, RangeEvents>([...loaded].map(([{ room }, range]) => [room, range]));
  return rooms.flatMap((room) => {
    const inMemory = held.get(room);
    const range =
      inMemory === undefined ? ranges.get(room) : { ...inMemory, events: withoutIgnored(inMemory.events, ignored) };
    if (range === undefined) return [];
    const cut = cutTimeline(range, filter.timeline);
    return [{ room, cut: { ...cut, limited: cut.limited || room.hasGapBefore }, changes: inMemory?.stateChanges }];
  });
}

/** Adds what changed in the state: since the client's position, or since the whole state that the client is sent. */
async function loadChanges(
  sources: SyncSources,
  { dialect }: SyncQuery,
  rooms: readonly CutRoom[],
): Promise<ChangedRoom[]> {
  const ranges = rooms.flatMap(({ room, cut, changes }) => {
    if (changes !== undefined) return [];
    const { roomNid, stateUpTo, needsWholeState } = room;
    const after = needsWholeState ? stateBaseOf(cut, dialect, stateUpTo) : room.after;
    return [{ roomNid, after, upTo: stateUpTo }];
  });
  const found = await loadStateChanges(sources, ranges);
  const complete = rooms.map(({ room, cut, changes = found.get(room.roomNid) ?? [] }) => {
    return { room, cut, changes, untold: untoldChanges(changes, cut, dialect) };
  });
  const events = await withEvents(
    sources,
    complete.map(({ room, untold }) => ({ roomId: room.roomId, changes: untold })),
  );
  return complete.map((changed, index) => ({ ...changed, untold: events[index] ?? [] }));
}

/** Summaries of the joined rooms that are new to the client or whose members changed. */
async function loadSummaries(
  { database, memory }: SyncSources,
  rooms: readonly ChangedRoom[],
): Promise<Map<string, RoomSummary>> {
  const due = rooms.flatMap(({ room, changes }) => {
    const membersChanged = changes.some(({ type }) => type === 'm.room.member');
    return room.membership === 'join' && (room.needsWholeState || membersChanged) ? [room.roomId] : [];
  });
  const position = memory.position.room;
  const summaries = due.length === 0 ? [] : await readSummaries(database, due);
  for (const summary of summaries) memory.knownRoom(summary.roomId)?.rememberSummary(summary, position);
  return new Map(summaries.map((summary) => [summary.roomId, summary]));
}

/** The whole state of rooms that the client does not know, in one call for all of them. */
async function loadWholeStates(
  { events }: SyncSources,
  { user, filter, dialect }: SyncQuery,
  rooms: readonly ChangedRoom[],
  summaries: ReadonlyMap<string, RoomSummary>,
): Promise<ReadonlyMap<RoomToLoad, readonly TimelineEvent[]>> {
  const lazy = filter.state.lazyLoadMembers;
  const whole = rooms.filter(({ room }) => room.needsWholeState);
  const queries = whole.map(({ room, cut }): RoomStateQuery => {
    const summary = summaries.get(room.roomId);
    const heroes = summary === undefined ? [] : heroesFor(summary, user.userId);
    const members = lazy ? [...new Set([user.userId, ...cut.timeline.map(({ sender }) => sender), ...heroes])] : [];
    const position = stateBaseOf(cut, dialect, room.stateUpTo);
    return {
      roomId: room.roomId,
      at: { $case: 'atPosition', value: position },
      keys: [],
      types: [],
      omitMembers: lazy,
      members,
    };
  });
  const states = await events.state(queries);
  return new Map(whole.map(({ room }, index) => [room, eventsOf(states[index])]));
}

/** Adds the member events that a lazy-loading client lacks. What a room that is new needs came with its state. */
async function withMembers(sources: SyncSources, query: SyncQuery, news: readonly RoomNews[]): Promise<RoomNews[]> {
  const { memory, events } = sources;
  const needed = news.map((each) => {
    const known = memory.knownRoom(each.roomId);
    return each.isNew || each.membership === 'leave' ? undefined : membersFor(each, known, query);
  });
  const queries = news.flatMap(({ roomId }, index): (RoomStateQuery & { readonly index: number })[] => {
    const { missing = [], position = 0 } = needed[index] ?? {};
    if (missing.length === 0) return [];
    const keys = missing.map((stateKey) => ({ type: 'm.room.member', stateKey }));
    return [
      { index, roomId, at: { $case: 'atPosition', value: position }, keys, types: [], omitMembers: false, members: [] },
    ];
  });
  const states = await events.state(queries);
  const loaded = new Map(queries.map(({ index }, at) => [index, eventsOf(states[at])]));
  return news.map((each, index) => {
    const ofRoom = needed[index];
    if (ofRoom === undefined) return each;
    const members = loaded.get(index) ?? [];
    rememberMembers(memory.knownRoom(each.roomId), members, ofRoom.position);
    return { ...each, members: [...ofRoom.known, ...members.filter((event) => query.filter.state.matches(event))] };
  });
}

function rememberMembers(room: RoomMemory | undefined, members: readonly TimelineEvent[], position: number): void {
  for (const member of members) room?.rememberMember(member.stateKey ?? '', member, position);
}

function eventsOf(state: RoomState | undefined): TimelineEvent[] {
  return (state?.events ?? []).map((stored) => TimelineEvent.fromStored(stored));
}
