import type { RedactionRules } from './rules.ts';

const contentV1 = new Map<string, ReadonlySet<string> | 'all'>([
  ['m.room.member', new Set(['membership'])],
  ['m.room.create', new Set(['creator'])],
  ['m.room.join_rules', new Set(['join_rule'])],
  [
    'm.room.power_levels',
    new Set(['ban', 'events', 'events_default', 'kick', 'redact', 'state_default', 'users', 'users_default']),
  ],
  ['m.room.aliases', new Set(['aliases'])],
  ['m.room.history_visibility', new Set(['history_visibility'])],
]);

const topLevelV1 = new Set([
  'event_id',
  'type',
  'room_id',
  'sender',
  'state_key',
  'content',
  'hashes',
  'signatures',
  'depth',
  'prev_events',
  'prev_state',
  'auth_events',
  'origin',
  'origin_server_ts',
  'membership',
]);

export const redactionV1: RedactionRules = {
  topLevelKeys: topLevelV1,
  contentKeys: contentV1,
  keepsThirdPartyInviteSigned: false,
};

/** Since room version 6: aliases are nothing special. */
export const redactionV6: RedactionRules = { ...redactionV1, contentKeys: without(contentV1, 'm.room.aliases') };

/** Since room version 8: who may join by which room stays known. */
export const redactionV8: RedactionRules = {
  ...redactionV6,
  contentKeys: withKeys(redactionV6.contentKeys, 'm.room.join_rules', ['allow']),
};

/** Since room version 9: and who authorised a join. */
export const redactionV9: RedactionRules = {
  ...redactionV8,
  contentKeys: withKeys(redactionV8.contentKeys, 'm.room.member', ['join_authorised_via_users_server']),
};

/** Since room version 11: MSC2176 and MSC3821. */
export const redactionV11: RedactionRules = {
  topLevelKeys: new Set([...topLevelV1].filter((key) => !['origin', 'membership', 'prev_state'].includes(key))),
  contentKeys: new Map([
    ...withKeys(redactionV9.contentKeys, 'm.room.power_levels', ['invite']),
    ['m.room.create', 'all'],
    ['m.room.redaction', new Set(['redacts'])],
  ]),
  keepsThirdPartyInviteSigned: true,
};

type ContentKeys = RedactionRules['contentKeys'];

function without(keys: ContentKeys, type: string): ContentKeys {
  return new Map([...keys].filter(([each]) => each !== type));
}

function withKeys(keys: ContentKeys, type: string, added: string[]): ContentKeys {
  const present = keys.get(type);
  return present === 'all' ? keys : new Map([...keys, [type, new Set([...(present ?? []), ...added])]]);
}
