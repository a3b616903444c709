import { expect, it } from 'vitest';
import { createEventId, eventOf, stateOf, versions } from '../../test/auth-fixtures.ts';
import { eventId, must, roomId, signingKey } from '../../test/event-fixtures.ts';
import { caseTimeout, forCases, type Random, testCases } from '../../test/random.ts';
import { isAllowedByTheBook } from '../../test/reference-auth.ts';
import type { JsonObject, JsonValue } from '../canonical-json/json-value.ts';
import { RawNumber } from '../canonical-json/raw-number.ts';
import { rulesOf } from '../room-versions/room-versions.ts';
import type { RoomVersion } from '../room-versions/rules.ts';
import { signJson } from '../signatures/sign-json.ts';
import { signingKeyFromSeed } from '../signatures/signing-key.ts';
import { authorise } from './authorise.ts';
import type { EventToAuthorise } from './decision.ts';

const users = ['@alice:one', '@bob:one', '@carol:two', '@dave:three'] as const;
const memberships = ['join', 'join', 'join', 'invite', 'leave', 'ban', 'knock'] as const;
const levels: readonly [JsonValue, ...JsonValue[]] = [
  0,
  1,
  49,
  50,
  50,
  51,
  100,
  100,
  -1,
  '50',
  ' 051',
  '1.5',
  null,
  true,
  {},
];
const oldLevels: readonly [JsonValue, ...JsonValue[]] = [
  new RawNumber('50.5'),
  new RawNumber('5e1'),
  new RawNumber('-0.1'),
  ...levels,
];
const types = [
  'm.room.message',
  'm.room.topic',
  'm.room.redaction',
  'm.room.aliases',
  'm.room.third_party_invite',
] as const;
const identityServer = 'identity.example';
const signed = users.map((mxid) => signJson({ mxid, token: 'token' }, identityServer, signingKey));
const otherKey = must(signingKeyFromSeed('other', Buffer.alloc(32, 3))).publicKey;

/** All but what is judged of the auth_events themselves. */
const reasons = [
  'aliases_of_another_server',
  'already_invited_joined_or_banned',
  'already_joined_or_banned',
  'authorising_user_may_not_invite',
  'banned',
  'create_has_prev_events',
  'create_room_id_of_another_server',
  'create_without_creator',
  'creator_in_power_levels',
  'insufficient_power',
  'invalid_additional_creators',
  'invalid_authorising_user',
  'invalid_power_levels',
  'invalid_third_party_invite',
  'join_rule_forbids',
  'member_without_state_key_or_membership',
  'no_create_event',
  'nothing_to_leave',
  'power_level_above_own',
  'redaction_not_allowed',
  'room_does_not_federate',
  'sender_is_not_target',
  'sender_not_joined',
  'state_key_of_another_user',
  'target_has_as_much_power',
  'third_party_invite_not_signed',
  'unknown_membership',
  'unknown_room_version',
];

it('the rules allow what a second writing of them allows, in every version', { timeout: caseTimeout }, () => {
  const outcomes = new Map<string, number>();
  forCases((random) => {
    const version = random.oneOf<RoomVersion>(['1', ...versions]);
    const state = stateOf(version, randomState(version, random));
    const event = randomEvent(version, random);
    const decision = authorise(event, state, rulesOf(version));
    const outcome = decision.allowed ? `${event.type} allowed` : decision.reason;
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    if (decision.allowed !== isAllowedByTheBook(event, state, Number(version)))
      throw new Error(`room version ${version}: ${outcome}, ${JSON.stringify(event)}`);
  });
  if (testCases < 50_000) return;
  // Every rule has decided some of the cases.
  expect([...outcomes.keys()].filter((outcome) => !outcome.endsWith(' allowed')).sort()).toEqual(reasons);
  for (const type of [...types, 'm.room.create', 'm.room.member', 'm.room.power_levels'])
    expect(outcomes.get(`${type} allowed`)).toBeGreaterThan(0);
});

function randomState(version: RoomVersion, random: Random): Record<string, JsonObject | null> {
  const state: Record<string, JsonObject | null> = {};
  for (const user of users) {
    const membership = random.oneOf(memberships);
    state[`m.room.member|${user}`] = random.isOneIn(12)
      ? null
      : random.isOneIn(30)
        ? { membership: 1 }
        : { membership };
  }
  if (!random.isOneIn(3)) {
    const rules = ['public', 'invite', 'knock', 'restricted', 'knock_restricted', 'private'] as const;
    state['m.room.join_rules|'] = random.isOneIn(10)
      ? random.isOneIn(2)
        ? null
        : { join_rule: 1 }
      : { join_rule: random.oneOf(rules) };
  }
  if (!random.isOneIn(4)) state['m.room.power_levels|'] = random.isOneIn(8) ? null : randomLevels(version, random);
  if (random.isOneIn(4)) state['m.room.create|'] = randomCreate(version, random);
  if (random.isOneIn(40)) state['m.room.create|'] = null;
  if (random.isOneIn(2)) {
    const keys: JsonObject = { public_key: random.oneOf([signingKey.publicKey, otherKey, '']) };
    if (random.isOneIn(2))
      keys['public_keys'] = random.oneOf<JsonValue>([[{ public_key: signingKey.publicKey }], [1, null, {}], {}]);
    state['m.room.third_party_invite|token'] = { sender: random.oneOf(users), ...keys };
  }
  return state;
}

function randomCreate(version: RoomVersion, random: Random): JsonObject {
  const content: JsonObject = {};
  if (!random.isOneIn(10)) content['creator'] = random.oneOf(users);
  if (random.isOneIn(3)) content['m.federate'] = random.oneOf<JsonValue>([false, false, true, 'false', null]);
  if (version === '12' && random.isOneIn(2)) content['additional_creators'] = [random.oneOf(users)];
  return content;
}

function randomLevels(version: RoomVersion, random: Random): JsonObject {
  const content: JsonObject = {};
  const level = () =>
    random.isOneIn(6)
      ? random.oneOf(Number(version) < 6 ? oldLevels : levels)
      : random.oneOf([0, 49, 50, 51, 100] as const);
  for (const name of ['users_default', 'events_default', 'state_default', 'ban', 'redact', 'kick', 'invite'])
    if (random.isOneIn(4)) content[name] = level();
  const names = { users: users, events: [...types, 'm.room.power_levels'], notifications: ['room'] };
  for (const [name, keys] of Object.entries(names)) {
    if (random.isOneIn(3)) continue;
    const entries: JsonObject = {};
    for (const key of keys) if (random.isOneIn(2)) entries[key] = level();
    if (random.isOneIn(40)) entries['odd'] = 1;
    content[name] = random.isOneIn(40) ? random.oneOf<JsonValue>([[], 'x', 1, null]) : entries;
  }
  return content;
}

function randomEvent(version: RoomVersion, random: Random): EventToAuthorise {
  const sender = random.oneOf(users);
  const rest = {
    prevEvents: random.isOneIn(8) ? [createEventId] : [eventId('$a'), eventId('$b')].slice(random.below(2)),
  };
  const room = random.isOneIn(50) ? { roomId: roomId(version === '12' ? `!${'D'.repeat(43)}` : '!other:two') } : {};
  switch (random.below(8)) {
    case 0:
    case 1:
    case 2:
      return eventOf(version, sender, { ...rest, ...room, ...randomMember(sender, random) });
    case 3:
    case 4:
      return eventOf(version, sender, {
        ...rest,
        type: 'm.room.power_levels',
        stateKey: '',
        content: randomLevels(version, random),
      });
    case 5: {
      const content = randomCreate(version, random);
      if (random.isOneIn(2)) content['room_version'] = random.oneOf<JsonValue>(['1', '12', '13', 1, '01']);
      if (random.isOneIn(3))
        content['additional_creators'] = random.oneOf<JsonValue>([[], ['@a:b'], ['a'], 'x', [1], null]);
      return eventOf(version, sender, {
        ...room,
        type: 'm.room.create',
        stateKey: '',
        content,
        prevEvents: random.isOneIn(4) ? [eventId('$a')] : [],
      });
    }
    default: {
      const stateKey = random.oneOf([undefined, '', sender, random.oneOf(users), 'two', 'one']);
      const redacts = random.isOneIn(2) ? eventId(random.oneOf(['$x:one', '$x:two', '$x'])) : undefined;
      const own = { eventId: eventId(random.oneOf(['$own:one', '$own:two', '$own'])) };
      return eventOf(version, sender, {
        ...rest,
        ...room,
        ...own,
        type: random.oneOf(types),
        redacts,
        ...(stateKey === undefined ? {} : { stateKey }),
      });
    }
  }
}

function randomMember(sender: string, random: Random): { type: string; stateKey?: string; content: JsonObject } {
  const target = random.isOneIn(2) ? sender : random.oneOf(users);
  const content: JsonObject = { membership: random.oneOf(memberships) };
  if (random.isOneIn(30)) content['membership'] = random.oneOf<JsonValue>(['x', 1, null]);
  if (random.isOneIn(3))
    content['join_authorised_via_users_server'] = random.oneOf<JsonValue>([...users, 1, 'x', '@eve:four']);
  if (random.isOneIn(6))
    content['third_party_invite'] = random.oneOf<JsonValue>([
      { signed: signed[random.below(4)] ?? {} },
      {},
      1,
      { signed: {} },
      { signed: { mxid: target, token: 'token' } },
    ]);
  return { type: 'm.room.member', ...(random.isOneIn(40) ? {} : { stateKey: target }), content };
}
