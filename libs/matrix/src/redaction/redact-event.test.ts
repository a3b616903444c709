import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../canonical-json/json-value.ts';
import { rulesOf } from '../room-versions/room-versions.ts';
import type { RoomVersion } from '../room-versions/rules.ts';
import { redactContent, redactEvent } from './redact-event.ts';

const groups: { versions: RoomVersion[]; kept: Record<string, string[]>; topLevel: string[] }[] = [
  {
    versions: ['1', '2', '3', '4', '5'],
    kept: { 'm.room.aliases': ['aliases'] },
    topLevel: ['membership', 'origin', 'prev_state'],
  },
  { versions: ['6', '7'], kept: {}, topLevel: ['membership', 'origin', 'prev_state'] },
  { versions: ['8'], kept: { 'm.room.join_rules': ['allow'] }, topLevel: ['membership', 'origin', 'prev_state'] },
  {
    versions: ['9', '10'],
    kept: { 'm.room.join_rules': ['allow'], 'm.room.member': ['join_authorised_via_users_server'] },
    topLevel: ['membership', 'origin', 'prev_state'],
  },
  {
    versions: ['11', '12'],
    kept: {
      'm.room.join_rules': ['allow'],
      'm.room.member': ['join_authorised_via_users_server', 'third_party_invite'],
      'm.room.power_levels': ['invite'],
      'm.room.create': ['room_version', 'other', 'm.federate'],
      'm.room.redaction': ['redacts'],
    },
    topLevel: [],
  },
];

const always: Record<string, string[]> = {
  'm.room.member': ['membership'],
  'm.room.create': ['creator'],
  'm.room.join_rules': ['join_rule'],
  'm.room.power_levels': [
    'ban',
    'events',
    'events_default',
    'kick',
    'redact',
    'state_default',
    'users',
    'users_default',
  ],
  'm.room.history_visibility': ['history_visibility'],
};

const types = [...Object.keys(always), 'm.room.aliases', 'm.room.redaction', 'm.room.message', 'm.room.server_acl'];

const everyKey: JsonObject = Object.fromEntries(
  [
    ...Object.values(always).flat(),
    'aliases',
    'allow',
    'join_authorised_via_users_server',
    'invite',
    'room_version',
    'other',
    'm.federate',
    'redacts',
    'body',
    'notifications',
    'displayname',
    'constructor',
  ].map((key) => [key, 1]),
);
everyKey['third_party_invite'] = { signed: { a: 1 }, display_name: 'x' };

describe.each(groups.flatMap(({ versions, ...rest }) => versions.map((version) => ({ version, ...rest }))))(
  'a redaction in room version $version',
  ({ version, kept, topLevel }) => {
    const rules = rulesOf(version);

    it.each(types)('leaves of the content of %s exactly what the specification lists', (type) => {
      const all = type === 'm.room.create' && (version === '11' || version === '12');
      const expected = all ? Object.keys(everyKey) : [...(always[type] ?? []), ...(kept[type] ?? [])];
      expect(Object.keys(redactContent(type, everyKey, rules)).sort()).toEqual(expected.sort());
    });

    it('leaves of the event what servers need to go on', () => {
      const base = [
        'auth_events',
        'content',
        'depth',
        'event_id',
        'hashes',
        'origin_server_ts',
        'prev_events',
        'room_id',
        'sender',
        'signatures',
        'state_key',
        'type',
      ];
      const event = Object.fromEntries(
        [...base, 'membership', 'origin', 'prev_state', 'unsigned', 'redacts', 'age', 'toString'].map((key) => [
          key,
          key,
        ]),
      );
      expect(Object.keys(redactEvent(event, rules)).sort()).toEqual([...base, ...topLevel].sort());
    });

    it('keeps nothing but the signed part of a third-party invite', () => {
      const invite = redactContent('m.room.member', everyKey, rules)['third_party_invite'];
      expect(invite).toEqual(kept['m.room.member']?.includes('third_party_invite') ? { signed: { a: 1 } } : undefined);
      for (const third_party_invite of [1, {}, null])
        expect(redactContent('m.room.member', { third_party_invite }, rules)).toEqual({});
    });
  },
);
