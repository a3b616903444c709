import {
  type JsonObject,
  ownValue,
  parsePdu,
  privilegedCreators,
  type Result,
  type RoomId,
  type UserId,
} from '@plexus/matrix';
import { currentTraceparent } from '@plexus/observability';
import type { RoomserverContext } from '../../context.ts';
import { stateCommand } from '../../domain/event-command.ts';
import type { Refusal } from '../../domain/refusal.ts';
import {
  type ReplacedState,
  type Replacement,
  replacedTypes,
  replacementCreation,
  replacementState,
} from '../../domain/room-replacement.ts';
import { restrictedPowerLevels, upgradedPowerLevels } from '../../domain/upgraded-power-levels.ts';
import { createRoom, type NewRoomCommand, refusalOfNewRoom } from '../../room-actor/create-room.ts';
import { loadRoom } from '../../room-actor/load-room.ts';
import type { Answer } from '../../room-actor/room-actor.ts';
import { finishUpgrade, moveListings } from '../../storage/room-upgrades.ts';
import { queryState } from '../state/query-state.ts';
import { abandonRoom } from './abandon-room.ts';
import { moveBans, moveCanonicalAlias } from './move-room.ts';
import type { Upgrade } from './reserve-upgrade.ts';

/**
 * Carries an upgrade out, or on. Up to room version 11 the create event names the tombstone, which therefore comes first, once it is sure that
 * the new room can be made; since 12 the tombstone names a room whose id nobody knows before it is made. Aliases and listings go after the
 * tombstone, so that a room which gets none is nobody's and can go.
 */
export async function replaceRoom(context: RoomserverContext, upgrade: Upgrade): Promise<Result<RoomId, Refusal>> {
  if (upgrade.finished !== undefined) return { ok: true, value: upgrade.finished };
  const { roomId, rules, identity } = upgrade;
  const state = await stateToMove(context, upgrade);
  const levels = powerLevelsOf(upgrade);
  const { extremities } = upgrade.room.tip;
  const first = { ...upgrade, oldRoomId: roomId, upgrader: upgrade.user, state, profile: profileOf(upgrade) };
  const replacement: Replacement = { ...first, powerLevels: levels.interim, lastEvent: extremities.at(-1)?.eventId };
  const refusal = await refusalOfNewRoom(newRoomCommand(upgrade, replacement), context.createRoom);
  if (refusal !== undefined) return { ok: false, error: refusal };
  const entombed =
    identity.roomId === undefined || rules.roomIdIsCreateEventHash
      ? undefined
      : await entomb(context, upgrade, identity.roomId);
  if (entombed?.kind === 'refused') return { ok: false, error: entombed.refusal };
  const lastEvent = entombed?.eventId ?? replacement.lastEvent;
  const created = await createRoom(newRoomCommand(upgrade, { ...replacement, lastEvent }), context.createRoom);
  if (created.kind === 'refused') return { ok: false, error: created.refusal };
  await moveBans(context, { from: roomId, to: created.roomId, sender: upgrade.user });
  const last = entombed ?? (await entomb(context, upgrade, created.roomId));
  if (last.kind === 'refused' && !(await isReplacedBy(context, roomId, created.roomId))) {
    await abandonRoom(context, created.roomId, upgrade.user);
    return { ok: false, error: last.refusal };
  }
  await furnish(context, upgrade, created.roomId, state, levels.settled);
  await close(context, upgrade, created.roomId);
  return { ok: true, value: created.roomId };
}

async function stateToMove(context: RoomserverContext, { roomId, room }: Upgrade): Promise<ReplacedState[]> {
  const query = { roomId, at: undefined, keys: [], types: [...replacedTypes], omitMembers: true, members: [] };
  const { rooms } = await queryState(context, { queries: [query] });
  return (rooms[0]?.events ?? []).flatMap(({ json }) => {
    const parsed = parsePdu(json, room.rules);
    if (!parsed.ok) throw new Error('a stored event is no event of its room version');
    const { type, stateKey = '', content } = parsed.value.pdu;
    return [{ type, stateKey, content }];
  });
}

function powerLevelsOf({ room, rules, user, additionalCreators, powerLevels }: Upgrade) {
  const create = room.at('m.room.create', '')?.pdu;
  return upgradedPowerLevels({
    content: powerLevels,
    rules,
    upgrader: user,
    creators: [user, ...additionalCreators],
    privilegedBefore: create === undefined ? [] : privilegedCreators(create, room.rules),
  });
}

function profileOf({ room, user }: Upgrade): JsonObject {
  const content = room.at('m.room.member', user)?.pdu.content ?? {};
  const profile: JsonObject = {};
  for (const key of ['displayname', 'avatar_url']) {
    const value = ownValue(content, key);
    if (typeof value === 'string') profile[key] = value;
  }
  return profile;
}

function newRoomCommand({ user, rules, identity }: Upgrade, replacement: Replacement): NewRoomCommand {
  return {
    creator: user,
    rules,
    creationContent: replacementCreation(replacement),
    events: replacementState(replacement),
    alias: undefined,
    published: false,
    traceparent: currentTraceparent(),
    identity,
  };
}

function entomb(context: RoomserverContext, upgrade: Upgrade, replacement: RoomId): Promise<Answer> {
  const content = { body: 'This room has been replaced', replacement_room: replacement };
  return sendState(context, upgrade.roomId, upgrade.user, 'm.room.tombstone', content);
}

/** Whether the tombstone stands: another process may have sent it while its sender still could. */
async function isReplacedBy(context: RoomserverContext, roomId: RoomId, replacement: RoomId): Promise<boolean> {
  const room = await loadRoom(context.database, roomId);
  await room?.load([['m.room.tombstone', '']]);
  const tombstone = room?.at('m.room.tombstone', '')?.pdu.content ?? {};
  return ownValue(tombstone, 'replacement_room') === replacement;
}

/** What others know the old room by, and the power levels that the new one comes to have last. */
async function furnish(
  context: RoomserverContext,
  { roomId, user }: Upgrade,
  newRoomId: RoomId,
  state: readonly ReplacedState[],
  settled: JsonObject,
): Promise<void> {
  for (const statement of moveListings) await context.database.query(statement, [roomId, newRoomId]);
  const alias = state.find(({ type, stateKey }) => type === 'm.room.canonical_alias' && stateKey === '');
  if (alias !== undefined)
    await moveCanonicalAlias(context, alias.content, { from: roomId, to: newRoomId, sender: user });
  await sendState(context, newRoomId, user, 'm.room.power_levels', settled);
}

/** Keeps ordinary members from going on in the old room; whether the user may say so is up to the room. */
async function close(context: RoomserverContext, upgrade: Upgrade, newRoomId: RoomId): Promise<void> {
  const { room, roomId, user, powerLevels, attempt } = upgrade;
  const restricted = powerLevels === undefined ? undefined : restrictedPowerLevels(powerLevels);
  if (restricted !== undefined) await sendState(context, roomId, user, 'm.room.power_levels', restricted);
  await context.database.query(finishUpgrade, [room.room, attempt, newRoomId]);
}

function sendState(
  { actors }: RoomserverContext,
  roomId: RoomId,
  sender: UserId,
  type: string,
  content: JsonObject,
): Promise<Answer> {
  return actors.send(roomId, stateCommand({ sender, type, stateKey: '', content, traceparent: currentTraceparent() }));
}
