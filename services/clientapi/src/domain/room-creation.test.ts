import { isUserId, parseRoomAlias, rulesOf, type UserId } from '@plexus/matrix';
import { describe, expect, test } from 'vitest';
import { newRoom, type RoomCreation } from './room-creation.ts';

function user(id: string): UserId {
  if (!isUserId(id)) throw new TypeError(id);
  return id;
}

const alice = user('@alice:example.org');
const bob = user('@bob:example.org');

function creation(over: Partial<RoomCreation>): RoomCreation {
  return {
    creator: alice,
    rules: rulesOf('12'),
    preset: 'private_chat',
    creationContent: {},
    initialState: [],
    powerLevelOverride: {},
    name: undefined,
    topic: undefined,
    alias: undefined,
    invitees: [],
    isDirect: false,
    profileOf: (userId) => ({ displayname: userId === alice ? 'Alice' : 'Bob' }),
    ...over,
  };
}

function content(over: Partial<RoomCreation>, type: string, stateKey = '') {
  return newRoom(creation(over))
    .events.filter((event) => event.type === type && event.stateKey === stateKey)
    .at(-1)?.content;
}

test('events come in the order of the specification', () => {
  const { events } = newRoom(
    creation({
      name: 'Tea',
      topic: 'Leaves',
      alias: parseRoomAlias('#tea:example.org'),
      invitees: [bob],
      initialState: [{ type: 'm.room.encryption', stateKey: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } }],
    }),
  );
  expect(events.map(({ type, stateKey }) => [type, stateKey])).toEqual([
    ['m.room.member', alice],
    ['m.room.power_levels', ''],
    ['m.room.canonical_alias', ''],
    ['m.room.join_rules', ''],
    ['m.room.history_visibility', ''],
    ['m.room.guest_access', ''],
    ['m.room.encryption', ''],
    ['m.room.name', ''],
    ['m.room.topic', ''],
    ['m.room.member', bob],
  ]);
});

test.each([
  ['private_chat', 'invite', 'shared', 'can_join'],
  ['trusted_private_chat', 'invite', 'shared', 'can_join'],
  ['public_chat', 'public', 'shared', 'forbidden'],
] as const)('%s: join rule %s, history %s, guests %s', (preset, joinRule, visibility, guests) => {
  expect(content({ preset }, 'm.room.join_rules')).toEqual({ join_rule: joinRule });
  expect(content({ preset }, 'm.room.history_visibility')).toEqual({ history_visibility: visibility });
  expect(content({ preset }, 'm.room.guest_access')).toEqual({ guest_access: guests });
});

test('members carry their profiles, invites of a direct chat say so', () => {
  expect(content({}, 'm.room.member', alice)).toEqual({ membership: 'join', displayname: 'Alice' });
  expect(content({ invitees: [bob], isDirect: true }, 'm.room.member', bob)).toEqual({
    membership: 'invite',
    displayname: 'Bob',
    is_direct: true,
  });
});

test('initial state takes the place of a preset, name and topic that of initial state', () => {
  const initialState = [
    { type: 'm.room.join_rules', stateKey: '', content: { join_rule: 'knock' } },
    { type: 'm.room.name', stateKey: '', content: { name: 'from initial state' } },
  ];
  const { events } = newRoom(creation({ initialState, name: 'from name' }));
  expect(events.filter(({ type }) => type === 'm.room.join_rules').map((e) => e.content)).toEqual([
    { join_rule: 'knock' },
  ]);
  expect(events.filter(({ type }) => type === 'm.room.name').map((e) => e.content)).toEqual([{ name: 'from name' }]);
});

describe('before room version 12', () => {
  const rules = rulesOf('11');

  test('the creator has 100, and so have those invited to a trusted chat', () => {
    expect(content({ rules }, 'm.room.power_levels')).toMatchObject({ users: { [alice]: 100 } });
    const trusted = { rules, preset: 'trusted_private_chat', invitees: [bob] } as const;
    expect(content(trusted, 'm.room.power_levels')).toMatchObject({ users: { [alice]: 100, [bob]: 100 } });
    expect(newRoom(creation(trusted)).creationContent).toEqual({});
  });

  test('a tombstone needs 100', () => {
    expect(content({ rules }, 'm.room.power_levels')).toMatchObject({ events: { 'm.room.tombstone': 100 } });
  });
});

describe('room version 12', () => {
  test('creators have no entry, whatever an override says, and a tombstone is above every admin', () => {
    const powerLevelOverride = { users: { [alice]: 100, [bob]: 50 }, invite: 100 };
    expect(content({ powerLevelOverride }, 'm.room.power_levels')).toMatchObject({
      users: { [bob]: 50 },
      invite: 100,
      events: { 'm.room.tombstone': 150 },
    });
    expect(content({ powerLevelOverride }, 'm.room.power_levels')?.['users']).not.toHaveProperty([alice]);
  });

  test('those invited to a trusted chat become creators beside those named', () => {
    const carol = user('@carol:example.org');
    const room = newRoom(
      creation({
        preset: 'trusted_private_chat',
        invitees: [bob],
        creationContent: { additional_creators: [carol], creator: bob, room_version: '1', 'm.federate': false },
      }),
    );
    expect(room.creationContent).toEqual({ additional_creators: [carol, bob], 'm.federate': false });
  });

  test('those invited to a private chat do not', () => {
    expect(newRoom(creation({ invitees: [bob] })).creationContent).toEqual({});
  });
});
