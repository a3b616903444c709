import type { StoredEvent } from '@plexus/contracts/roomserver';
import {
  type HistoryVisibility,
  historyVisibilityOf,
  type JsonObject,
  mayServerSeeEvent,
  ownValue,
  parsePdu,
  redactedPdu,
} from '@plexus/matrix';
import type { RoomserverContext } from '../../context.ts';
import { unfoldJson } from '../../domain/folded-json.ts';
import type { StateEntry } from '../../state-store/state-store.ts';
import { selectServersInRooms, selectUsersOfServers } from '../../storage/servers.ts';
import { findNumbers, selectBodies } from '../../storage/state-at.ts';
import { keysOf, type ReadEvent, storedEventOf } from '../../storage/stored-event.ts';
import type { StoredEventRow } from '../../storage/stored-events.ts';

/** An event as it was read. */
export interface EventInQuestion {
  readonly row: StoredEventRow;
  readonly read: ReadEvent;
}

type Context = Pick<RoomserverContext, 'database' | 'stateStore'>;

const VISIBILITY = 'm.room.history_visibility';
const MEMBER = 'm.room.member';

/**
 * The numbers of the events that a server may see: those that one of its users may see. State is looked at where the events' states differ,
 * and members only where the visibility asks for them. An event whose state is not known is not seen.
 */
export async function visibleToServer(
  context: Context,
  server: string,
  events: readonly EventInQuestion[],
): Promise<ReadonlySet<number>> {
  const known = events.filter(({ row }) => row.snapshot >= 0);
  if (known.length === 0) return new Set();
  const [visibilities, joined] = await Promise.all([
    visibilitiesAt(
      context,
      known.map(({ row }) => row.snapshot),
    ),
    joinedRooms(context, server, [...new Set(known.map(({ row }) => row.room_id))]),
  ]);
  const isSeen = ({ row, read }: EventInQuestion, memberships: readonly string[]): boolean => {
    const joinedNow = joined.has(row.room_id);
    const sides = [...memberships, ...ownMembership(read, server)];
    const before = visibilities.get(row.snapshot) ?? 'shared';
    return [before, ...ownVisibility(read)].some((visibility) =>
      mayServerSeeEvent({ visibility, memberships: sides, joinedNow }),
    );
  };
  const open = known.filter((event) => !isSeen(event, []));
  const memberships = await membershipsAt(context, server, open);
  const unseen = new Set(open.filter((event) => !isSeen(event, memberships.get(event.row.snapshot) ?? [])));
  return new Set(known.filter((event) => !unseen.has(event)).map(({ row }) => row.event));
}

/** The events for a server: what it may not see is redacted. Server-Server API, "Backfilling and retrieving missing events". */
export async function redactedForServer(
  context: Context,
  server: string | undefined,
  events: readonly EventInQuestion[],
): Promise<StoredEvent[]> {
  if (server === undefined) return events.map(({ row, read }) => storedEventOf(row, read));
  const visible = await visibleToServer(context, server, events);
  return events.map(({ row, read }) => {
    const stored = storedEventOf(row, read);
    return visible.has(row.event) ? stored : { ...stored, json: redactedJson(read), prevContent: undefined };
  });
}

function redactedJson({ json, rules }: ReadEvent): string {
  const parsed = parsePdu(json, rules);
  if (!parsed.ok) throw new Error('a stored event is no event of its room version');
  return redactedPdu(parsed.value, rules).json;
}

/** For events that change the visibility or a membership either side counts. */
function ownVisibility({ type, stateKey, content }: ReadEvent): HistoryVisibility[] {
  return type === VISIBILITY && stateKey === '' ? [historyVisibilityOf(content)] : [];
}

function ownMembership({ type, stateKey, content }: ReadEvent, server: string): string[] {
  return type === MEMBER && stateKey?.slice(stateKey.indexOf(':') + 1) === server ? [membershipIn(content)] : [];
}

function membershipIn(content: JsonObject): string {
  const membership = ownValue(content, 'membership');
  return typeof membership === 'string' ? membership : 'leave';
}

async function joinedRooms(
  { database }: Context,
  server: string,
  roomIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await database.query<{ place: number }>(selectServersInRooms, [
    [...roomIds.keys()],
    roomIds,
    roomIds.map(() => server),
  ]);
  return new Set(rows.flatMap(({ place }) => roomIds[place] ?? []));
}

async function visibilitiesAt(
  { database, stateStore }: Context,
  snapshots: readonly number[],
): Promise<ReadonlyMap<number, HistoryVisibility>> {
  const { types, stateKeys } = await findNumbers(database, [VISIBILITY], ['']);
  const [type, stateKey] = [types.get(VISIBILITY), stateKeys.get('')];
  if (type === undefined || stateKey === undefined) return new Map();
  const entries = await entriesAt({ database, stateStore }, snapshots, () => [{ type, stateKey }]);
  const contents = await contentsOf(database, [...entries.values()].flat());
  return new Map(
    [...entries].map(([snapshot, [entry]]) => [
      snapshot,
      historyVisibilityOf(entry === undefined ? undefined : contents.get(entry.event)),
    ]),
  );
}

/** The memberships of the server's users in the states before the events, by snapshot. */
async function membershipsAt(
  { database, stateStore }: Context,
  server: string,
  events: readonly EventInQuestion[],
): Promise<ReadonlyMap<number, readonly string[]>> {
  if (events.length === 0) return new Map();
  const roomIds = [...new Set(events.map(({ row }) => row.room_id))];
  const [{ types }, users] = await Promise.all([
    findNumbers(database, [MEMBER], []),
    database.query<{ room_id: string; state_key: number }>(selectUsersOfServers, [roomIds, roomIds.map(() => server)]),
  ]);
  const type = types.get(MEMBER);
  const usersOf = Map.groupBy(users, ({ room_id }) => room_id);
  const roomOf = new Map(events.map(({ row }) => [row.snapshot, row.room_id]));
  const entries = await entriesAt({ database, stateStore }, [...roomOf.keys()], (snapshot) =>
    type === undefined
      ? []
      : (usersOf.get(roomOf.get(snapshot) ?? '') ?? []).map(({ state_key }) => ({ type, stateKey: state_key })),
  );
  const contents = await contentsOf(database, [...entries.values()].flat());
  return new Map(
    [...entries].map(([snapshot, there]) => [
      snapshot,
      there.map(({ event }) => membershipIn(contents.get(event) ?? {})),
    ]),
  );
}

async function entriesAt(
  { stateStore }: Context,
  snapshots: readonly number[],
  placesAt: (snapshot: number) => readonly { readonly type: number; readonly stateKey: number }[],
): Promise<ReadonlyMap<number, readonly StateEntry[]>> {
  const found = [...new Set(snapshots)].map(
    async (snapshot) => [snapshot, await stateStore.at(snapshot, placesAt(snapshot))] as const,
  );
  return new Map(await Promise.all(found));
}

async function contentsOf(
  database: Context['database'],
  entries: readonly StateEntry[],
): Promise<ReadonlyMap<number, JsonObject>> {
  const rows = await database.query<{ event: number; folded_json: string }>(selectBodies, [
    [...new Set(entries.map(({ event }) => event))],
  ]);
  return new Map(rows.map(({ event, folded_json }) => [event, keysOf(unfoldJson(folded_json)).content]));
}
