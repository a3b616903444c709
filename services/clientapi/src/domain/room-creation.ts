import {
  emptyJsonObject,
  isUserId,
  type JsonObject,
  ownValue,
  type RoomAlias,
  type RoomVersionRules,
  type UserId,
} from '@plexus/matrix';
import { initialPowerLevels } from './initial-power-levels.ts';

export type RoomPreset = 'private_chat' | 'trusted_private_chat' | 'public_chat';

export interface StateEvent {
  readonly type: string;
  readonly stateKey: string;
  readonly content: JsonObject;
}

/** How a user appears in a room: `displayname` and `avatar_url`, as far as there are any. */
export type MemberProfile = JsonObject;

export interface RoomCreation {
  readonly creator: UserId;
  readonly rules: RoomVersionRules;
  readonly preset: RoomPreset;
  readonly creationContent: JsonObject;
  readonly initialState: readonly StateEvent[];
  readonly powerLevelOverride: JsonObject;
  readonly name: string | undefined;
  readonly topic: string | undefined;
  /** Full alias that becomes the canonical one. */
  readonly alias: RoomAlias | undefined;
  readonly invitees: readonly UserId[];
  readonly isDirect: boolean;
  readonly profileOf: (userId: UserId) => MemberProfile;
}

export interface NewRoom {
  /** Content of the create event but for what the server sets. */
  readonly creationContent: JsonObject;
  /** What follows the create event, in order; the creator's join first. */
  readonly events: readonly StateEvent[];
}

/**
 * Everything a new room begins with, so that it can be made in one commit or not at all. Client-server API, createRoom: the
 * order of events, what a preset sets, and what overrides what.
 */
export function newRoom(creation: RoomCreation): NewRoom {
  const { creator, profileOf } = creation;
  const creationContent = creationContentOf(creation);
  const creators = [creator, ...stringsOf(creationContent, 'additional_creators')];
  const named = namingEvents(creation);
  const initial = creation.initialState.filter((event) => !named.some((other) => isSameKey(event, other)));
  const preset = presetEvents(creation.preset).filter((event) => !initial.some((other) => isSameKey(event, other)));
  const join = { ...profileOf(creator), membership: 'join' };
  return {
    creationContent,
    events: [
      { type: 'm.room.member', stateKey: creator, content: join },
      { type: 'm.room.power_levels', stateKey: '', content: initialPowerLevels(creation, creators) },
      ...aliasEvent(creation.alias),
      ...preset,
      ...initial,
      ...named,
      ...creation.invitees.map((invitee) => inviteOf(invitee, creation)),
    ],
  };
}

/** Whom the events of a new room invite, those of its initial state too. */
export function invitedBy(events: readonly StateEvent[]): string[] {
  return events
    .filter(({ type, content }) => type === 'm.room.member' && ownValue(content, 'membership') === 'invite')
    .map(({ stateKey }) => stateKey);
}

/** `creator` and `room_version` are the server's to set. Since room version 12 trusted invitees are creators too. */
function creationContentOf({ creationContent, invitees, preset, rules }: RoomCreation): JsonObject {
  const content = emptyJsonObject();
  for (const key of Object.keys(creationContent))
    if (key !== 'creator' && key !== 'room_version') content[key] = creationContent[key] ?? null;
  if (rules.privilegedCreators && preset === 'trusted_private_chat' && invitees.length > 0)
    content['additional_creators'] = [...new Set([...stringsOf(content, 'additional_creators'), ...invitees])];
  return content;
}

function stringsOf(content: JsonObject, key: string): UserId[] {
  const value = ownValue(content, key);
  return Array.isArray(value) ? value.filter(isUserId) : [];
}

function presetEvents(preset: RoomPreset): StateEvent[] {
  const isPublic = preset === 'public_chat';
  return [
    state('m.room.join_rules', { join_rule: isPublic ? 'public' : 'invite' }),
    state('m.room.history_visibility', { history_visibility: 'shared' }),
    state('m.room.guest_access', { guest_access: isPublic ? 'forbidden' : 'can_join' }),
  ];
}

function aliasEvent(alias: RoomAlias | undefined): StateEvent[] {
  return alias === undefined ? [] : [state('m.room.canonical_alias', { alias })];
}

function namingEvents({ name, topic }: RoomCreation): StateEvent[] {
  const events: StateEvent[] = [];
  if (name !== undefined) events.push(state('m.room.name', { name }));
  if (topic !== undefined)
    events.push(state('m.room.topic', { topic, 'm.topic': { 'm.text': [{ body: topic, mimetype: 'text/plain' }] } }));
  return events;
}

function inviteOf(invitee: UserId, { isDirect, profileOf }: RoomCreation): StateEvent {
  const content = { ...profileOf(invitee), membership: 'invite', ...(isDirect && { is_direct: true }) };
  return { type: 'm.room.member', stateKey: invitee, content };
}

function state(type: string, content: JsonObject): StateEvent {
  return { type, stateKey: '', content };
}

function isSameKey(a: StateEvent, b: StateEvent): boolean {
  return a.type === b.type && a.stateKey === b.stateKey;
}
