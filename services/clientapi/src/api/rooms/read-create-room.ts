import {
  errors,
  MatrixHttpError,
  optionalArray,
  optionalBoolean,
  optionalObject,
  optionalString,
  optionalStringArray,
  stringField,
} from '@plexus/http';
import {
  fitsInBytes,
  isJsonObject,
  isNewAliasLocalpart,
  isUserId,
  type JsonObject,
  parseRoomAlias,
  type RoomAlias,
  type RoomVersionRules,
  requireCanonical,
  roomVersion,
  type ServerName,
  type UserId,
} from '@plexus/matrix';
import type { ClientapiSettings } from '../../config.ts';
import type { RoomCreation, RoomPreset, StateEvent } from '../../domain/room-creation.ts';

const MAX_INVITEES = 200;
const MAX_INITIAL_STATE = 500;

export type WantedRoom = Omit<RoomCreation, 'creator' | 'profileOf'> & { readonly published: boolean };

/** What a createRoom request asks for. */
export function readCreateRoom(body: JsonObject, settings: ClientapiSettings): WantedRoom {
  // What of it becomes events must be what events can hold.
  if (requireCanonical(body) !== undefined) throw errors.badJson('Events hold no fractions and no numbers beyond 2^53');
  const visibility = optionalString(body, 'visibility') ?? 'private';
  if (visibility !== 'public' && visibility !== 'private')
    throw errors.invalidParam('visibility', 'is neither public nor private');
  if ((optionalArray(body, 'invite_3pid') ?? []).length > 0)
    throw new MatrixHttpError(403, 'M_THREEPID_DENIED', 'Addresses cannot be invited');
  return {
    published: visibility === 'public',
    rules: roomVersionOf(optionalString(body, 'room_version') ?? settings.defaultRoomVersion),
    preset: presetOf(optionalString(body, 'preset') ?? (visibility === 'public' ? 'public_chat' : 'private_chat')),
    creationContent: optionalObject(body, 'creation_content') ?? {},
    initialState: initialStateOf(body),
    powerLevelOverride: optionalObject(body, 'power_level_content_override') ?? {},
    name: optionalString(body, 'name'),
    topic: optionalString(body, 'topic'),
    alias: aliasOf(optionalString(body, 'room_alias_name'), settings.serverName),
    invitees: inviteesOf(optionalStringArray(body, 'invite') ?? []),
    isDirect: optionalBoolean(body, 'is_direct') ?? false,
  };
}

export function roomVersionOf(version: string): RoomVersionRules {
  const rules = roomVersion(version);
  if (rules === undefined)
    throw new MatrixHttpError(400, 'M_UNSUPPORTED_ROOM_VERSION', 'Rooms of this version cannot be made here');
  return rules;
}

function presetOf(preset: string): RoomPreset {
  if (preset === 'private_chat' || preset === 'trusted_private_chat' || preset === 'public_chat') return preset;
  throw errors.invalidParam('preset', 'is not known');
}

function aliasOf(localpart: string | undefined, serverName: ServerName): RoomAlias | undefined {
  if (localpart === undefined || localpart === '') return undefined;
  const alias = isNewAliasLocalpart(localpart) ? parseRoomAlias(`#${localpart}:${serverName}`) : undefined;
  if (alias === undefined) throw errors.invalidParam('room_alias_name', 'cannot be part of an alias');
  return alias;
}

function inviteesOf(invite: readonly string[]): UserId[] {
  const invitees = [...new Set(invite)].map((userId) => {
    if (!isUserId(userId)) throw errors.invalidParam('invite', 'has an entry that is not a user id');
    return userId;
  });
  if (invitees.length > MAX_INVITEES) throw errors.invalidParam('invite', `has more than ${MAX_INVITEES} entries`);
  return invitees;
}

function initialStateOf(body: JsonObject): StateEvent[] {
  const items = optionalArray(body, 'initial_state') ?? [];
  if (items.length > MAX_INITIAL_STATE)
    throw errors.invalidParam('initial_state', `has more than ${MAX_INITIAL_STATE} entries`);
  return items.map((item) => {
    if (!isJsonObject(item)) throw errors.badJson('initial_state must be an array of objects');
    const type = stringField(item, 'type');
    const stateKey = optionalString(item, 'state_key') ?? '';
    if (type === '' || !fitsInBytes(type, 255) || !fitsInBytes(stateKey, 255))
      throw errors.invalidParam('initial_state', 'has an entry whose type or state key is empty or too long');
    if (type === 'm.room.create') throw errors.invalidParam('initial_state', 'may not have an m.room.create');
    return { type, stateKey, content: optionalObject(item, 'content') ?? {} };
  });
}
