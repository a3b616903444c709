import type { UpgradeRoomRequest, UpgradeRoomResponse } from '@plexus/contracts/roomserver';
import {
  authEventKeys,
  authorise,
  isRoomId,
  isUserId,
  type Result,
  type RoomId,
  roomVersion,
  type UserId,
} from '@plexus/matrix';
import type { RoomserverContext } from '../../context.ts';
import { storableOnly } from '../../domain/event-command.ts';
import { matrixErrorOf, type Refusal } from '../../domain/refusal.ts';
import type { LiveRoom } from '../../room-actor/live-room.ts';
import { loadRoom } from '../../room-actor/load-room.ts';
import { finishUpgrade } from '../../storage/room-upgrades.ts';
import { replaceRoom } from './replace-room.ts';
import { type RoomAsked, reserveUpgrade, type Upgrade, type UpgradeWords } from './reserve-upgrade.ts';

/** Upgrades of others that are carried to their end before this one is refused. */
const MAX_OTHERS = 3;

/**
 * Replaces a room by a new one. Client-Server API, POST /rooms/{roomId}/upgrade. Every step finds out by itself whether it was done, so the same
 * request carries on an upgrade that a crash ended, and after its end answers the same room as long as the tombstone stands.
 *
 * Of two that come at once one is begun. The other carries it out too, since nobody knows whether its process lives, and is refused then; it
 * takes its place when it cannot be carried out.
 */
export async function upgradeRoom(
  context: RoomserverContext,
  request: UpgradeRoomRequest,
): Promise<UpgradeRoomResponse> {
  const words = await readWords(context, request);
  const replaced = words.ok ? await upgradeAs(context, words.value) : words;
  return replaced.ok
    ? { result: { $case: 'replacementRoom', value: replaced.value } }
    : { result: { $case: 'error', value: matrixErrorOf(replaced.error) } };
}

async function upgradeAs(
  context: RoomserverContext,
  { words, asked }: { readonly words: UpgradeWords; readonly asked: RoomAsked },
): Promise<Result<RoomId, Refusal>> {
  for (let others = 0; others < MAX_OTHERS; others++) {
    const reserved = await reserveUpgrade(context, words, asked);
    if (!reserved.ok) return reserved;
    const { isOurs, upgrade } = reserved.value;
    const replaced = await carryOut(context, upgrade);
    if (isOurs) return replaced;
    if (replaced.ok) break;
  }
  return refuse({ kind: 'upgrade_under_way' });
}

async function carryOut(context: RoomserverContext, upgrade: Upgrade): Promise<Result<RoomId, Refusal>> {
  const replaced = await replaceRoom(context, upgrade);
  if (!replaced.ok) await context.database.query(finishUpgrade, [upgrade.room.room, upgrade.attempt, null]);
  return replaced;
}

async function readWords(
  context: RoomserverContext,
  { roomId, userId, newVersion, additionalCreators }: UpgradeRoomRequest,
): Promise<Result<{ words: UpgradeWords; asked: RoomAsked }, Refusal>> {
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
  const words = { roomId, user: userId, rules, additionalCreators: creators.filter(isUserId) };
  const tombstone = room.at('m.room.tombstone', '')?.pdu.eventId;
  return { ok: true, value: { words, asked: { room: room.room, tombstone } } };
}

/** Whoever may send the tombstone may upgrade. */
async function refusalOfTombstone(room: LiveRoom, roomId: RoomId, sender: UserId): Promise<Refusal | undefined> {
  const event = { type: 'm.room.tombstone', stateKey: '', sender, content: {}, redacts: undefined, roomId };
  await room.load([['m.room.create', ''], ['m.room.tombstone', ''], ...authEventKeys(event, room.rules)]);
  const prevEvents = room.tip.extremities.map(({ eventId }) => eventId);
  const decision = authorise({ ...event, prevEvents }, (type, stateKey) => room.at(type, stateKey)?.pdu, room.rules);
  return decision.allowed ? undefined : { kind: 'not_allowed', reason: decision.reason };
}

function refuse<Value>(refusal: Refusal): Result<Value, Refusal> {
  return { ok: false, error: refusal };
}
