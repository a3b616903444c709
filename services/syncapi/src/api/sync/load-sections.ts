import type { RoomStateQuery } from '@plexus/contracts/roomserver';
import type { Database } from '@plexus/postgres';
import type { EventStore } from '../../clients/roomserver.ts';
import type { MembershipChange } from '../../domain/membership.ts';
import { cutTimeline, neededMembers, type RoomSection, type SectionStyle } from '../../domain/room-section.ts';
import type { RoomToLoad } from '../../domain/sync-plan.ts';
import { TimelineEvent } from '../../domain/timeline-event.ts';
import type { VisibilityChange } from '../../domain/visibility.ts';
import type { DeviceSession } from '../../memory/device-sessions.ts';
import { isVisible, type RoomHistory } from '../../read/room-history.ts';
import { readMembershipChanges } from '../../storage/memberships.ts';
import type { RoomNumbers } from '../../storage/room-numbers.ts';
import { readNewest, readStateChanges, readVisibilities, type StateChangeRow } from '../../storage/timelines.ts';

export interface SectionSources {
  readonly database: Database;
  readonly events: EventStore;
  readonly numbers: RoomNumbers;
}

export interface SectionRequest extends SectionStyle {
  readonly userId: string;
  readonly session: DeviceSession;
  /** False for a first sync: the client has nothing yet that a timeline could fail to join up with. */
  readonly isIncremental: boolean;
  /** Users whose member events the summaries name, by room id. */
  readonly heroes: ReadonlyMap<string, readonly string[]>;
}

/** A room's part of the answer, from the index and roomserver. */
export interface LoadedSection {
  readonly room: RoomToLoad;
  readonly section: RoomSection;
  readonly members: readonly TimelineEvent[];
}

/** How many events are looked at, at most, for one that the filter lets through. */
const scanFactor = 5;
const maxScanned = 1000;

type Cut = Pick<RoomSection, 'timeline' | 'limited' | 'prevBatch'>;

/** Sections of many rooms: a handful of statements and at most two calls of roomserver, however many rooms there are. */
export async function loadSections(
  sources: SectionSources,
  request: SectionRequest,
  rooms: readonly RoomToLoad[],
): Promise<LoadedSection[]> {
  if (rooms.length === 0) return [];
  const numbers = await sources.numbers.find(
    sources.database,
    rooms.map(({ room }) => room.roomId),
  );
  const indexed = rooms.flatMap((room) => {
    const roomNid = numbers.get(room.room.roomId);
    return roomNid === undefined ? [] : [{ room, roomNid }];
  });
  const cuts = await loadTimelines(sources, request, indexed);
  return loadStates(sources, request, cuts);
}

interface IndexedRoom {
  readonly room: RoomToLoad;
  readonly roomNid: number;
}

interface CutRoom extends IndexedRoom {
  readonly cut: Cut;
}

async function loadTimelines(
  { database, events }: SectionSources,
  { filter, userId, isIncremental }: SectionRequest,
  rooms: readonly IndexedRoom[],
): Promise<CutRoom[]> {
  const { limit, passesAll } = filter.timeline;
  const scanned = passesAll ? limit + 1 : Math.min(maxScanned, (limit + 1) * scanFactor);
  const ranges = rooms.map(({ room, roomNid }) => ({
    roomNid,
    after: room.from ?? room.timelineFrom ?? 0,
    upTo: room.upTo,
  }));
  const entered = rooms.filter(({ room }) => room.from === undefined).map(({ roomNid }) => roomNid);
  const [positions, memberships, visibilities] = await Promise.all([
    readNewest(database, ranges, scanned),
    entered.length === 0 ? new Map<number, MembershipChange[]>() : readMembershipChanges(database, userId, entered),
    entered.length === 0 ? new Map<number, VisibilityChange[]>() : readVisibilities(database, entered),
  ]);
  const places = rooms.flatMap(({ room, roomNid }) =>
    (positions.get(roomNid) ?? []).map((position) => ({ roomId: room.room.roomId, position })),
  );
  const found = await events.load(places);
  return rooms.map(({ room, roomNid }) => {
    const ofRoom = positions.get(roomNid) ?? [];
    const history: RoomHistory | undefined =
      room.from === undefined
        ? { memberships: memberships.get(roomNid) ?? [], visibilities: visibilities.get(roomNid) ?? [] }
        : undefined;
    const visible = ofRoom.filter((position) => history === undefined || isVisible(history, position));
    const timeline = visible.map((position) => found.get(position)).filter((event) => event !== undefined);
    const cut = cutTimeline(timeline, filter.timeline, room.upTo);
    // Whoever comes (back) in may have an older piece of the timeline, which this one does not join up with.
    const comesIn = isIncremental && room.from === undefined && room.timelineFrom === undefined;
    const limited = cut.limited || comesIn || ofRoom.length >= scanned;
    return { room, roomNid, cut: { ...cut, limited } };
  });
}

async function loadStates(
  sources: SectionSources,
  request: SectionRequest,
  rooms: readonly CutRoom[],
): Promise<LoadedSection[]> {
  const entered = rooms.filter(({ room }) => room.from === undefined);
  const stayed = rooms.filter(({ room }) => room.from !== undefined);
  const [states, changes] = await Promise.all([
    loadWholeStates(sources, request, entered),
    loadStateChanges(sources, request, stayed),
  ]);
  return [...states, ...(await withMembers(sources, request, changes))];
}

/** The whole state of rooms that the client does not know yet: one call for all of them. */
async function loadWholeStates(
  { events }: SectionSources,
  request: SectionRequest,
  rooms: readonly CutRoom[],
): Promise<LoadedSection[]> {
  const lazy = request.filter.state.lazyLoadMembers;
  const queries = rooms.map(({ room, cut }): RoomStateQuery => {
    const first = cut.timeline[0];
    const roomId = room.room.roomId;
    const members = lazy
      ? [
          ...new Set([
            request.userId,
            ...cut.timeline.map((event) => event.sender),
            ...(request.heroes.get(roomId) ?? []),
          ]),
        ]
      : [];
    return {
      roomId,
      at:
        request.dialect === 'state' && first !== undefined
          ? { $case: 'beforeEventId', value: first.eventId }
          : { $case: 'atPosition', value: room.upTo },
      keys: [],
      types: [],
      omitMembers: lazy,
      members,
    };
  });
  const states = await events.state(queries);
  const { state: filter } = request.filter;
  return rooms.map(({ room, cut }, index) => {
    const state = (states[index]?.events ?? []).map((stored) => TimelineEvent.fromStored(stored));
    const wanted = filter.passesAll ? state : state.filter((event) => filter.matches(event));
    return { room, section: { ...cut, state: wanted }, members: [] };
  });
}

/** What changed in the state of rooms that the client knows, beside their timelines. */
async function loadStateChanges(
  { database, events }: SectionSources,
  { dialect, filter }: SectionRequest,
  rooms: readonly CutRoom[],
): Promise<{ room: RoomToLoad; section: RoomSection }[]> {
  const ranges = rooms.map(({ room, roomNid, cut }) => ({
    roomNid,
    after: room.from ?? 0,
    upTo: dialect === 'state' ? Math.min(cut.prevBatch, room.upTo) : room.upTo,
  }));
  const changes = rooms.length === 0 ? new Map<number, StateChangeRow[]>() : await readStateChanges(database, ranges);
  const newest = rooms.map(({ room, roomNid }) => ({
    roomId: room.room.roomId,
    rows: [...new Map((changes.get(roomNid) ?? []).map((row) => [`${row.type} ${row.stateKey}`, row])).values()],
  }));
  const [byPosition, byId] = await Promise.all([
    events.load(
      newest.flatMap(({ roomId, rows }) =>
        rows.filter((row) => row.eventId === undefined).map(({ position }) => ({ roomId, position })),
      ),
    ),
    events.byId(newest.flatMap(({ rows }) => rows.flatMap(({ eventId }) => eventId ?? []))),
  ]);
  return rooms.map(({ room, cut }, index) => {
    const state = (newest[index]?.rows ?? [])
      .map((row) => (row.eventId === undefined ? byPosition.get(row.position) : byId.get(row.eventId)))
      .filter((event) => event !== undefined && filter.state.matches(event));
    return { room, section: { ...cut, state: state.filter((event) => event !== undefined) } };
  });
}

/** Adds the senders' member events that a lazy-loading client does not have. */
async function withMembers(
  { events }: SectionSources,
  { filter, session, heroes, dialect }: SectionRequest,
  sections: readonly { readonly room: RoomToLoad; readonly section: RoomSection }[],
): Promise<LoadedSection[]> {
  if (!filter.state.lazyLoadMembers) return sections.map((loaded) => ({ ...loaded, members: [] }));
  const asked = sections.map(({ room, section }) => {
    const sent = filter.state.includeRedundantMembers ? undefined : session.membersOf(room.room.roomId);
    const needed = new Set([...neededMembers(section), ...(heroes.get(room.room.roomId) ?? [])]);
    return [...needed].filter((userId) => sent?.has(userId) !== true);
  });
  const queries = sections.flatMap(({ room, section }, index): RoomStateQuery[] => {
    const users = asked[index] ?? [];
    if (users.length === 0) return [];
    const first = dialect === 'state' ? section.timeline[0] : undefined;
    return [
      {
        roomId: room.room.roomId,
        at:
          first === undefined
            ? { $case: 'atPosition', value: room.upTo }
            : { $case: 'beforeEventId', value: first.eventId },
        keys: users.map((stateKey) => ({ type: 'm.room.member', stateKey })),
        types: [],
        omitMembers: false,
        members: [],
      },
    ];
  });
  const states = await events.state(queries);
  const byRoom = new Map(states.map((state) => [state.roomId, state.events]));
  return sections.map(({ room, section }) => ({
    room,
    section,
    members: (byRoom.get(room.room.roomId) ?? []).map((stored) => TimelineEvent.fromStored(stored)),
  }));
}
