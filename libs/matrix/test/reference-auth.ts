import nacl from 'tweetnacl';
import type { AuthState, EventToAuthorise } from '../src/auth-rules/decision.ts';
import { canonicalJson } from '../src/canonical-json/canonical-json.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../src/canonical-json/json-value.ts';
import { RawNumber } from '../src/canonical-json/raw-number.ts';

/**
 * For tests: the authorisation rules of every room version once more, in the order and as near to the words of the
 * specification's pages as code can be, with nothing of the product but the types and canonical JSON.
 */
export function isAllowedByTheBook(event: EventToAuthorise, state: AuthState, version: number): boolean {
  const { type, sender, stateKey, content } = event;
  if (type === 'm.room.create') return isCreateAllowed(event, version);
  const create = state('m.room.create', '');
  if (create === undefined) return false;
  if (version >= 12 ? event.roomId !== `!${create.eventId.slice(1)}` : event.roomId !== create.roomId) return false;
  if (get(create.content, 'm.federate') === false && domain(sender) !== domain(create.sender)) return false;
  if (type === 'm.room.aliases' && version <= 5) return stateKey === domain(sender);
  const room = new Room(state, version, create.sender, create.content);
  if (type === 'm.room.member') return isMemberAllowed(event, room, create.eventId);
  if (room.membership(sender) !== 'join') return false;
  if (type === 'm.room.third_party_invite') return room.level(sender) >= room.scalar('invite');
  if (room.required(type, stateKey !== undefined) > room.level(sender)) return false;
  if (stateKey?.startsWith('@') && stateKey !== sender) return false;
  if (type === 'm.room.power_levels') return arePowerLevelsAllowed(content, sender, room);
  if (type === 'm.room.redaction' && version <= 2)
    return room.level(sender) >= room.scalar('redact') || domain(event.redacts ?? 'x') === domain(event.eventId ?? '');
  return true;
}

const defaults: Record<string, number> = {
  ban: 50,
  kick: 50,
  redact: 50,
  invite: 0,
  state_default: 50,
  events_default: 0,
};

class Room {
  readonly state: AuthState;
  readonly version: number;
  readonly creators: readonly unknown[];
  readonly creator: unknown;
  readonly levels: JsonObject | undefined;

  constructor(state: AuthState, version: number, createSender: string, create: JsonObject) {
    this.state = state;
    this.version = version;
    this.levels = state('m.room.power_levels', '')?.content;
    const additional = get(create, 'additional_creators');
    this.creators = version >= 12 ? [createSender, ...(Array.isArray(additional) ? additional : [])] : [];
    this.creator = version >= 11 ? createSender : get(create, 'creator');
  }

  membership(user: string): unknown {
    const member = this.state('m.room.member', user)?.content;
    const membership = member === undefined ? 'leave' : get(member, 'membership');
    return typeof membership === 'string' ? membership : 'leave';
  }

  joinRule(): unknown {
    const content = this.state('m.room.join_rules', '')?.content;
    return content === undefined ? 'invite' : get(content, 'join_rule');
  }

  level(user: string): number {
    if (this.creators.includes(user)) return Number.POSITIVE_INFINITY;
    if (this.levels === undefined) return this.creator === user ? 100 : 0;
    return this.entry('users', user) ?? this.value(get(this.levels, 'users_default')) ?? 0;
  }

  scalar(name: string): number {
    const value = this.levels === undefined ? undefined : this.value(get(this.levels, name));
    return value ?? defaults[name] ?? 0;
  }

  required(type: string, isState: boolean): number {
    return this.entry('events', type) ?? this.scalar(isState ? 'state_default' : 'events_default');
  }

  entry(name: string, key: string): number | undefined {
    const entries = this.levels === undefined ? undefined : get(this.levels, name);
    return isJsonObject(entries) ? this.value(get(entries, key)) : undefined;
  }

  /** An integer, and what counts as one in this version. */
  value(value: JsonValue | undefined): number | undefined {
    if (typeof value === 'number') return Number.isInteger(value) ? value : undefined;
    if (this.version >= 10) return undefined;
    if (typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value)) return Number(value);
    return value instanceof RawNumber && this.version <= 5 ? Math.trunc(Number(value.lexeme)) + 0 : undefined;
  }
}

function isCreateAllowed({ content, prevEvents, roomId, sender }: EventToAuthorise, version: number): boolean {
  if (prevEvents.length > 0) return false;
  if (version <= 11 && domain(roomId ?? '') !== domain(sender)) return false;
  const roomVersion = get(content, 'room_version') ?? '1';
  if (typeof roomVersion !== 'string' || !/^(?:[1-9]|1[0-2])$/.test(roomVersion)) return false;
  if (version <= 10 && get(content, 'creator') === undefined) return false;
  const additional = get(content, 'additional_creators');
  return version <= 11 || additional === undefined || (Array.isArray(additional) && additional.every(isUser));
}

function isMemberAllowed(event: EventToAuthorise, room: Room, createId: string): boolean {
  const { sender, stateKey: target, content } = event;
  const membership = get(content, 'membership');
  if (target === undefined || membership === undefined) return false;
  const authoriser = get(content, 'join_authorised_via_users_server');
  if (room.version >= 8 && authoriser !== undefined && !isUser(authoriser)) return false;
  const own = room.membership(sender);
  const theirs = room.membership(target);
  const outranked = room.level(target) < room.level(sender);
  if (membership === 'join') {
    if (event.prevEvents.length === 1 && event.prevEvents[0] === createId && target === room.creator) return true;
    if (sender !== target || own === 'ban') return false;
    const rule = room.joinRule();
    if (rule === 'public') return true;
    if (rule === 'invite' || (rule === 'knock' && room.version >= 7)) return own === 'invite' || own === 'join';
    const isRestricted =
      (rule === 'restricted' && room.version >= 8) || (rule === 'knock_restricted' && room.version >= 10);
    if (!isRestricted) return false;
    if (own === 'join' || own === 'invite') return true;
    if (typeof authoriser !== 'string') return false;
    return room.membership(authoriser) === 'join' && room.level(authoriser) >= room.scalar('invite');
  }
  if (membership === 'invite') {
    const thirdParty = get(content, 'third_party_invite');
    if (thirdParty !== undefined) return theirs !== 'ban' && isThirdPartyAllowed(thirdParty, target, sender, room);
    if (own !== 'join' || theirs === 'join' || theirs === 'ban') return false;
    return room.level(sender) >= room.scalar('invite');
  }
  if (membership === 'leave') {
    if (sender === target) return own === 'invite' || own === 'join' || (own === 'knock' && room.version >= 7);
    if (own !== 'join') return false;
    if (theirs === 'ban' && room.level(sender) < room.scalar('ban')) return false;
    return room.level(sender) >= room.scalar('kick') && outranked;
  }
  if (membership === 'ban') return own === 'join' && room.level(sender) >= room.scalar('ban') && outranked;
  if (membership !== 'knock' || room.version < 7) return false;
  const rule = room.joinRule();
  if (rule !== 'knock' && !(rule === 'knock_restricted' && room.version >= 10)) return false;
  return sender === target && own !== 'ban' && own !== 'invite' && own !== 'join';
}

function isThirdPartyAllowed(thirdParty: JsonValue, target: string, sender: string, room: Room): boolean {
  const signed = isJsonObject(thirdParty) ? get(thirdParty, 'signed') : undefined;
  if (!isJsonObject(signed) || get(signed, 'mxid') !== target) return false;
  const token = get(signed, 'token');
  const invite = typeof token === 'string' ? room.state('m.room.third_party_invite', token) : undefined;
  if (invite === undefined || invite.sender !== sender) return false;
  const list = get(invite.content, 'public_keys');
  const keys = [
    get(invite.content, 'public_key'),
    ...(Array.isArray(list) ? list.map((each) => (isJsonObject(each) ? get(each, 'public_key') : each === null)) : []),
  ];
  const { signatures, unsigned: _, ...rest } = signed;
  const message = Buffer.from(canonicalJson(rest));
  const all = isJsonObject(signatures)
    ? Object.values(signatures).flatMap((each) => (isJsonObject(each) ? Object.values(each) : []))
    : [];
  return all.some((signature) =>
    keys.some((key) => typeof key === 'string' && typeof signature === 'string' && verifies(message, signature, key)),
  );
}

function arePowerLevelsAllowed(content: JsonObject, sender: string, room: Room): boolean {
  const before = room.levels;
  const maps = room.version >= 6 ? ['events', 'notifications'] : ['events'];
  const scalars = ['users_default', 'events_default', 'state_default', 'ban', 'redact', 'kick', 'invite'];
  for (const name of scalars)
    if (get(content, name) !== undefined && room.value(get(content, name)) === undefined) return false;
  for (const name of [...maps, 'users']) {
    const entries = get(content, name) ?? {};
    if (!isJsonObject(entries)) return false;
    for (const [key, value] of Object.entries(entries))
      if (room.value(value) === undefined || (name === 'users' && !isUser(key))) return false;
    if (name === 'users' && Object.keys(entries).some((key) => room.creators.includes(key))) return false;
  }
  if (before === undefined) return true;
  const own = room.level(sender);
  for (const name of scalars) {
    const [old, now] = [room.value(get(before, name)), room.value(get(content, name))];
    if (old !== now && ((old ?? own) > own || (now ?? own) > own)) return false;
  }
  for (const name of [...maps, 'users']) {
    const [olds, nows] = [before, content].map((each) => entriesOf(get(each, name)));
    if (olds === undefined || nows === undefined) continue;
    for (const key of new Set([...Object.keys(olds), ...Object.keys(nows)])) {
      const [old, now] = [room.value(get(olds, key)), room.value(get(nows, key))];
      if (old === now) continue;
      if (old !== undefined && (name === 'users' && key !== sender ? old >= own : old > own)) return false;
      if (now !== undefined && now > own) return false;
    }
  }
  return true;
}

function entriesOf(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function get(object: JsonObject, key: string): JsonValue | undefined {
  return Object.entries(object).find(([name]) => name === key)?.[1];
}

function domain(id: string): string {
  return id.includes(':') ? id.slice(id.indexOf(':') + 1) : `none of ${id}`;
}

function isUser(value: unknown): boolean {
  return typeof value === 'string' && /^@[^:\0]*:[A-Za-z0-9.-]+(?::\d{1,5})?$/.test(value) && value.length <= 255;
}

function verifies(message: Uint8Array, signature: string, key: string): boolean {
  const [raw, rawKey] = [Buffer.from(signature, 'base64'), Buffer.from(key, 'base64')];
  if (raw.length !== 64 || rawKey.length !== 32) return false;
  return nacl.sign.detached.verify(message, Uint8Array.from(raw), Uint8Array.from(rawKey));
}
