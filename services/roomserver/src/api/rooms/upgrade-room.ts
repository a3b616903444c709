import type { UpgradeRoomRequest, UpgradeRoomResponse } from '@plexus/contracts/roomserver';
import {
  authEventKeys,
  authorise,
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
import { storableOnly } from '../../domain/event-command.ts';
import { unfoldJson } from '../../domain/folded-json.ts';
import { matrixErrorOf, type Refusal } from '../../domain/refusal.ts';
import { newRoomId } from '../../room-actor/create-room.ts';
import type { LiveRoom } from '../../room-actor/live-room.ts';
import { loadRoom } from '../../room-actor/load-room.ts';
import { selectUpgrade, type UpgradeRow, upsertUpgrade } from '../../storage/room-upgrades.ts';
import { type StoredEventRow, selectEventsByNumber } from '../../storage/stored-events.ts';
import { replaceRoom } from './replace-room.ts';

/** What is upgraded, by whom and to what. */
export interface Upgrade {
  readonly roomId: RoomId;
  readonly room: LiveRoom;
  readonly user: UserId;
  readonly rules: RoomVersionRules;
  readonly additionalCreators: readonly UserId[];
  /** Chosen when the upgrade was begun, so that its repetition comes to the same room. */
  readonly identity: { readonly roomId: RoomId | undefined; readonly timestamp: number };
  /** Of the old room, before it was restricted. */
  readonly powerLevels: JsonObject | undefined;
  /** The new room, when the upgrade was carried to its end before. */
  readonly finished: RoomId | undefined;
}

/**
 * Replaces a room by a new one. Client-Server API, POST /rooms/{roomId}/upgrade. Every step finds out by itself whether it was done, so the same
 * request carries on an upgrade that a crash ended, and after its end answers the same room as long as the tombstone stands.
 */
export async function upgradeRoom(
  context: RoomserverContext,
  request: UpgradeRoomRequest,
): Promise<UpgradeRoomResponse> {
  const upgrade = await beginUpgrade(context, request);
  const replaced = upgrade.ok ? await replaceRoom(context, upgrade.value) : upgrade;
  return replaced.ok
    ? { result: { $case: 'replacementRoom', value: replaced.value } }
    : { result: { $case: 'error', value: matrixErrorOf(replaced.error) } };
}

async function beginUpgrade(
  context: RoomserverContext,
  { roomId, userId, newVersion, additionalCreators }: UpgradeRoomRequest,
): Promise<Result<Upgrade, Refusal>> {
  const rules = roomVersion(newVersion);
  if (rules === undefined) return refuse({ kind: 'unsupported_room_version' });
  if (!isUserId(userId)) return refuse({ kind: 'invalid_parameter', parameter: 'user' });
  const creators = rules.privilegedCreators ? [...new Set(additionalCreators)].sort() : [];
  if (!creators.every(isUserId) || storableOnly(creators).length < creators.length)
    return refuse({ kind: 'invalid_parameter', parameter: 'additional_creators' });
  const room = isRoomId(roomId) ? await loadRoom(context.database, roomId) : undefined;
  if (room === undefined || !isRoomId(roomId)) return refuse({ kind: 'unknown_room' });
  const refusal = await refusalOfTombstone(room, roomId, userId);
  if (refusal !== undefined) return refuse(refusal);
  await room.load([['m.room.power_levels', '']]);
  const wanted = { roomId, room, user: userId, rules, additionalCreators: creators.filter(isUserId) };
  return { ok: true, value: { ...wanted, ...(await reserved(context, wanted)) } };
}

/** Whoever may send the tombstone may upgrade. */
async function refusalOfTombstone(room: LiveRoom, roomId: RoomId, sender: UserId): Promise<Refusal | undefined> {
  const event = { type: 'm.room.tombstone', stateKey: '', sender, content: {}, redacts: undefined, roomId };
  await room.load([['m.room.create', ''], ['m.room.tombstone', ''], ...authEventKeys(event, room.rules)]);
  const prevEvents = room.tip.extremities.map(({ eventId }) => eventId);
  const decision = authorise({ ...event, prevEvents }, (type, stateKey) => room.at(type, stateKey)?.pdu, room.rules);
  return decision.allowed ? undefined : { kind: 'not_allowed', reason: decision.reason };
}

type Reservation = Pick<Upgrade, 'identity' | 'powerLevels' | 'finished'>;

/** The upgrade that was begun with the same words, or a new one in its place. */
async function reserved(context: RoomserverContext, wanted: Omit<Upgrade, keyof Reservation>): Promise<Reservation> {
  const { room, user, rules, additionalCreators } = wanted;
  const { database, createRoom } = context;
  const [row] = await database.query<UpgradeRow>(selectUpgrade, [room.room]);
  if (row !== undefined && isSame(row, wanted)) return reservationOf(row, database, room.rules);
  const begun: UpgradeRow = {
    user_id: user,
    room_version: rules.version,
    additional_creators: [...additionalCreators],
    replacement: rules.roomIdIsCreateEventHash ? null : newRoomId(createRoom.stages),
    begun_ts: createRoom.uniqueTimestamp(),
    power_levels: room.at('m.room.power_levels', '')?.event ?? null,
    finished: false,
  };
  const { additional_creators, replacement, begun_ts, power_levels } = begun;
  const values = [room.room, user, rules.version, additional_creators, replacement, begun_ts, power_levels];
  await database.query(upsertUpgrade, values);
  return reservationOf(begun, database, room.rules);
}

/** A finished upgrade is done again when another tombstone took the place of its own. */
function isSame(row: UpgradeRow, { room, user, rules, additionalCreators }: Omit<Upgrade, keyof Reservation>): boolean {
  const tombstone = room.at('m.room.tombstone', '')?.pdu.content ?? {};
  return (
    row.user_id === user &&
    row.room_version === rules.version &&
    JSON.stringify(row.additional_creators) === JSON.stringify(additionalCreators) &&
    (!row.finished || ownValue(tombstone, 'replacement_room') === row.replacement)
  );
}

async function reservationOf(row: UpgradeRow, database: Queryable, rules: RoomVersionRules): Promise<Reservation> {
  const roomId = isRoomId(row.replacement) ? row.replacement : undefined;
  return {
    identity: { roomId, timestamp: row.begun_ts },
    powerLevels: row.power_levels === null ? undefined : await contentOf(row.power_levels, database, rules),
    finished: row.finished ? roomId : undefined,
  };
}

async function contentOf(event: number, database: Queryable, rules: RoomVersionRules): Promise<JsonObject> {
  const [row] = await database.query<StoredEventRow>(selectEventsByNumber, [[event]]);
  const parsed = row === undefined ? undefined : parsePdu(unfoldJson(row.folded_json), rules);
  if (parsed?.ok !== true) throw new Error('the power levels of an upgraded room are gone');
  return parsed.value.pdu.content;
}

function refuse<Value>(refusal: Refusal): Result<Value, Refusal> {
  return { ok: false, error: refusal };
}
