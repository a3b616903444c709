import {
  type EventId,
  isRoomId,
  isUserId,
  type JsonObject,
  ownValue,
  parsePdu,
  type Result,
  type RoomId,
  type RoomVersionRules,
  roomVersion,
  type UserId,
} from '@plexus/matrix';
import type { Queryable } from '@plexus/postgres';
import type { RoomserverContext } from '../../context.ts';
import { unfoldJson } from '../../domain/folded-json.ts';
import type { Refusal } from '../../domain/refusal.ts';
import { newRoomId } from '../../room-actor/create-room.ts';
import type { LiveRoom } from '../../room-actor/live-room.ts';
import { loadRoom } from '../../room-actor/load-room.ts';
import { beginUpgrade, selectUpgrade, type UpgradeRow } from '../../storage/room-upgrades.ts';
import { type StoredEventRow, selectEventsByNumber } from '../../storage/stored-events.ts';

/** What is upgraded, by whom and to what. */
export interface UpgradeWords {
  readonly roomId: RoomId;
  readonly user: UserId;
  readonly rules: RoomVersionRules;
  readonly additionalCreators: readonly UserId[];
}

/** An upgrade as it was begun, whoever carries it out. */
export interface Upgrade extends UpgradeWords {
  readonly room: LiveRoom;
  /** Counts the upgrades of the room that were begun. */
  readonly attempt: number;
  /** Chosen when the upgrade was begun, so that its repetition comes to the same room. */
  readonly identity: { readonly roomId: RoomId | undefined; readonly timestamp: number };
  /** Of the old room, before it was restricted. */
  readonly powerLevels: JsonObject | undefined;
  /** The new room, when the upgrade was carried to its end before. */
  readonly finished: RoomId | undefined;
}

export interface Reserved {
  /** Begun with these words, now or before; else by somebody else, and not at its end. */
  readonly isOurs: boolean;
  readonly upgrade: Upgrade;
}

/** The room as it was when the upgrade was asked for. */
export interface RoomAsked {
  readonly room: number;
  readonly tombstone: EventId | undefined;
}

/**
 * The one upgrade of the room that is to be carried out: whoever begins one has seen that the one before is at its end, and that the room was
 * not replaced since it was asked for.
 */
export async function reserveUpgrade(
  context: RoomserverContext,
  wanted: UpgradeWords,
  asked: RoomAsked,
): Promise<Result<Reserved, Refusal>> {
  const { database } = context;
  for (;;) {
    const [row] = await database.query<UpgradeRow>(selectUpgrade, [asked.room]);
    // Read after the row: of an upgrade that is finished, the tombstone is there.
    const room = await loadRoom(database, wanted.roomId);
    if (room === undefined) return { ok: false, error: { kind: 'unknown_room' } };
    await room.load([
      ['m.room.create', ''],
      ['m.room.tombstone', ''],
      ['m.room.power_levels', ''],
      ...[wanted.user, row?.user_id ?? wanted.user].map((user) => ['m.room.member', user] as const),
    ]);
    if (row !== undefined && isSame(row, room, wanted))
      return { ok: true, value: { isOurs: true, upgrade: await upgradeOf(row, room, wanted, database) } };
    if (row !== undefined && !row.finished) {
      const words = wordsOf(row, wanted.roomId);
      return { ok: true, value: { isOurs: false, upgrade: await upgradeOf(row, room, words, database) } };
    }
    if (room.at('m.room.tombstone', '')?.pdu.eventId !== asked.tombstone)
      return { ok: false, error: { kind: 'upgrade_under_way' } };
    const begun = newUpgrade(context, room, wanted, row?.attempt ?? 0);
    if (await begin(database, room, begun))
      return { ok: true, value: { isOurs: true, upgrade: await upgradeOf(begun, room, wanted, database) } };
  }
}

/** A finished upgrade is done again when another tombstone took the place of its own, or when it came to no room. */
function isSame(row: UpgradeRow, room: LiveRoom, { user, rules, additionalCreators }: UpgradeWords): boolean {
  const tombstone = room.at('m.room.tombstone', '')?.pdu.content ?? {};
  return (
    row.user_id === user &&
    row.room_version === rules.version &&
    JSON.stringify(row.additional_creators) === JSON.stringify(additionalCreators) &&
    (!row.finished || (row.replacement !== null && ownValue(tombstone, 'replacement_room') === row.replacement))
  );
}

function wordsOf({ user_id, room_version, additional_creators }: UpgradeRow, roomId: RoomId): UpgradeWords {
  const rules = roomVersion(room_version);
  if (rules === undefined || !isUserId(user_id)) throw new Error('an upgrade was begun that could not be');
  return { roomId, user: user_id, rules, additionalCreators: additional_creators.filter(isUserId) };
}

function newUpgrade(
  { createRoom }: RoomserverContext,
  room: LiveRoom,
  { user, rules, additionalCreators }: UpgradeWords,
  attempts: number,
): UpgradeRow {
  return {
    attempt: attempts + 1,
    user_id: user,
    room_version: rules.version,
    additional_creators: [...additionalCreators],
    replacement: rules.roomIdIsCreateEventHash ? null : newRoomId(createRoom.stages),
    begun_ts: createRoom.uniqueTimestamp(),
    power_levels: room.at('m.room.power_levels', '')?.event ?? null,
    finished: false,
  };
}

/** Whether it is begun; else somebody else has begun one meanwhile. */
async function begin(database: Queryable, { room }: LiveRoom, row: UpgradeRow): Promise<boolean> {
  const { user_id, room_version, additional_creators, replacement, begun_ts, power_levels, attempt } = row;
  const values = [room, user_id, room_version, additional_creators, replacement, begun_ts, power_levels, attempt];
  return (await database.query(beginUpgrade, values)).length > 0;
}

async function upgradeOf(row: UpgradeRow, room: LiveRoom, words: UpgradeWords, database: Queryable): Promise<Upgrade> {
  const { attempt, power_levels: powerLevels, begun_ts: timestamp, finished } = row;
  const replacement = isRoomId(row.replacement) ? row.replacement : undefined;
  return {
    ...words,
    room,
    attempt,
    identity: { roomId: replacement, timestamp },
    powerLevels: powerLevels === null ? undefined : await contentOf(powerLevels, database, room.rules),
    finished: finished ? replacement : undefined,
  };
}

async function contentOf(event: number, database: Queryable, rules: RoomVersionRules): Promise<JsonObject> {
  const [row] = await database.query<StoredEventRow>(selectEventsByNumber, [[event]]);
  const parsed = row === undefined ? undefined : parsePdu(unfoldJson(row.folded_json), rules);
  if (parsed?.ok !== true) throw new Error('the power levels of an upgraded room are gone');
  return parsed.value.pdu.content;
}
