import {
  authEventKeys,
  isJsonObject,
  isUserId,
  type JsonObject,
  ownValue,
  type Pdu,
  privilegedCreators,
  scalarLevel,
  serverNameOf,
  type UserId,
  userPowerLevel,
} from '@plexus/matrix';
import { selectJoinedOneOf, selectLocalMember } from '../../storage/current-state.ts';
import type { Draft, StageContext, StageResult } from '../draft.ts';
import type { LiveRoom } from '../live-room.ts';

/**
 * Who joins a restricted room without an invite needs a member of one of its allowed rooms' membership, and a user of this server who may
 * invite to vouch for them. What a client writes into `join_authorised_via_users_server` counts for nothing.
 * Client-Server API, "Restricted rooms".
 */
export async function admitRestrictedJoin(draft: Draft, context: StageContext): Promise<StageResult> {
  const { command, room } = draft;
  if (command.type !== 'm.room.member') return undefined;
  draft.content = withoutAuthoriser(draft.content);
  draft.authEventKeys = authEventKeys({ ...command, content: draft.content }, room.rules);
  if (!needsAuthoriser(draft)) return undefined;
  const allowedRooms = allowedRoomIds(room.at('m.room.join_rules', '')?.pdu);
  const found = await context.queryable.query(selectJoinedOneOf, [allowedRooms, command.sender]);
  if (found.length === 0) return { kind: 'refused', refusal: { kind: 'not_member_of_allowed_room' } };
  const authoriser = await findAuthoriser(room, context);
  if (authoriser === undefined) return { kind: 'refused', refusal: { kind: 'no_authorising_user' } };
  draft.content = { ...draft.content, join_authorised_via_users_server: authoriser };
  draft.authEventKeys = authEventKeys({ ...command, content: draft.content }, room.rules);
  await room.load(draft.authEventKeys);
  return undefined;
}

function withoutAuthoriser(content: JsonObject): JsonObject {
  if (ownValue(content, 'join_authorised_via_users_server') === undefined) return content;
  const { join_authorised_via_users_server: _claimed, ...rest } = content;
  return rest;
}

function needsAuthoriser({ command, content, room }: Draft): boolean {
  if (ownValue(content, 'membership') !== 'join' || command.stateKey !== command.sender) return false;
  const rule = ownValue(room.at('m.room.join_rules', '')?.pdu.content ?? {}, 'join_rule');
  const restricted =
    (rule === 'restricted' && room.rules.restrictedJoin) || (rule === 'knock_restricted' && room.rules.knockRestricted);
  const membership = ownValue(room.at('m.room.member', command.sender)?.pdu.content ?? {}, 'membership');
  return restricted && membership !== 'join' && membership !== 'invite' && membership !== 'ban';
}

function allowedRoomIds(joinRules: Pdu | undefined): string[] {
  const allow = joinRules === undefined ? undefined : ownValue(joinRules.content, 'allow');
  if (!Array.isArray(allow)) return [];
  return allow.flatMap((condition) => {
    if (!isJsonObject(condition) || ownValue(condition, 'type') !== 'm.room_membership') return [];
    const roomId = ownValue(condition, 'room_id');
    return typeof roomId === 'string' ? [roomId] : [];
  });
}

/** Those who are named by the power levels first; anybody of this server when everybody may invite. */
async function findAuthoriser(room: LiveRoom, { serverName, queryable }: StageContext): Promise<UserId | undefined> {
  await room.load([['m.room.power_levels', '']]);
  const create = room.at('m.room.create', '')?.pdu;
  const powerLevels = room.at('m.room.power_levels', '')?.pdu;
  const source = { create, powerLevels, rules: room.rules };
  const inviteLevel = scalarLevel('invite', powerLevels, room.rules);
  const users = powerLevels === undefined ? undefined : ownValue(powerLevels.content, 'users');
  const named = [
    ...(create === undefined ? [] : privilegedCreators(create, room.rules)),
    ...Object.keys(isJsonObject(users) ? users : {}).filter(isUserId),
  ].filter((user) => serverNameOf(user) === serverName && userPowerLevel(user, source) >= inviteLevel);
  await room.load(named.map((user) => ['m.room.member', user]));
  const joined = named.find((user) => isJoined(room, user));
  if (joined !== undefined || scalarLevel('users_default', powerLevels, room.rules) < inviteLevel) return joined;
  const [row] = await queryable.query<{ user_id: string }>(selectLocalMember, [room.room, `:${serverName}`]);
  return row !== undefined && isUserId(row.user_id) && userPowerLevel(row.user_id, source) >= inviteLevel
    ? row.user_id
    : undefined;
}

function isJoined(room: LiveRoom, user: UserId): boolean {
  return ownValue(room.at('m.room.member', user)?.pdu.content ?? {}, 'membership') === 'join';
}
