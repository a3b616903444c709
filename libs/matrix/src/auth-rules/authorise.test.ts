import { describe, expect, it } from 'vitest';
import {
  alice,
  bob,
  carol,
  dave,
  earlierThan,
  eventOf,
  judged,
  member,
  roomOf,
  since,
  stateOf,
  versions,
} from '../../test/auth-fixtures.ts';
import { eventId, must, roomId } from '../../test/event-fixtures.ts';
import type { JsonObject, JsonValue } from '../canonical-json/json-value.ts';
import { RawNumber } from '../canonical-json/raw-number.ts';
import { rulesOf } from '../room-versions/room-versions.ts';
import type { RoomVersion } from '../room-versions/rules.ts';
import { authEventKeys, checkAuthEvents } from './auth-events.ts';
import { authoriseUser } from './authorise.ts';
import { mayRedact, mayUserRedact } from './may-redact.ts';
import { levelOf, notificationLevel, requiredPowerLevel, userPowerLevel } from './power-levels.ts';

describe('create events', () => {
  const create = (version: RoomVersion, content: JsonObject, rest = {}) =>
    judged(version, alice, { type: 'm.room.create', stateKey: '', prevEvents: [], content, ...rest });

  it.each(versions)('of room version %s come first and name a version that is known', (version) => {
    const content = { creator: alice };
    expect(create(version, content)).toBe('allowed');
    expect(create(version, content, { prevEvents: [eventId('$a')] })).toBe('create_has_prev_events');
    expect(create(version, { ...content, room_version: '99' })).toBe('unknown_room_version');
    expect(create(version, { ...content, room_version: 1 })).toBe('unknown_room_version');
    expect(create(version, { ...content, room_version: version })).toBe('allowed');
  });

  it('name a creator until room version 10, and are of the server in the room id until 11', () => {
    for (const version of earlierThan('11')) expect(create(version, {})).toBe('create_without_creator');
    for (const version of since('11')) expect(create(version, {})).toBe('allowed');
    for (const version of earlierThan('12'))
      expect(create(version, { creator: alice }, { roomId: roomId('!r:two') })).toBe(
        'create_room_id_of_another_server',
      );
  });

  it('of room version 12 list additional creators that are user ids', () => {
    for (const additional_creators of [[], [bob], ['@any thing:two']] satisfies JsonValue[])
      expect(create('12', { additional_creators })).toBe('allowed');
    for (const additional_creators of [bob, ['bob'], [1], {}, null] satisfies JsonValue[])
      expect(create('12', { additional_creators })).toBe('invalid_additional_creators');
    expect(create('11', { additional_creators: 'x' })).toBe('allowed');
  });
});

describe.each(versions)('any event in room version %s', (version) => {
  it('needs the create event of its own room', () => {
    expect(judged(version, alice, {})).toBe('allowed');
    expect(judged(version, alice, {}, { 'm.room.create|': null })).toBe('no_create_event');
    const other = version === '12' ? roomId(`!${'D'.repeat(43)}`) : roomId('!other:one');
    expect(judged(version, alice, { roomId: other })).toBe('no_create_event');
  });

  it('stays on the creating server when the room does not federate', () => {
    const closed = { 'm.room.create|': { creator: alice, 'm.federate': false } };
    expect(judged(version, bob, {}, closed)).toBe('allowed');
    expect(judged(version, carol, {}, closed)).toBe('room_does_not_federate');
    expect(judged(version, carol, {}, { 'm.room.create|': { creator: alice, 'm.federate': true } })).toBe('allowed');
  });

  it('comes from a member', () => {
    expect(judged(version, dave, {})).toBe('sender_not_joined');
    for (const is of ['invite', 'leave', 'ban', 'knock'])
      expect(judged(version, carol, {}, { [`m.room.member|${carol}`]: { membership: is } })).toBe('sender_not_joined');
  });

  it('needs the level of its type, or the default of messages or of state', () => {
    expect(judged(version, carol, { type: 'a', stateKey: '' })).toBe('insufficient_power');
    expect(judged(version, bob, { type: 'a', stateKey: '' })).toBe('allowed');
    const levels = {
      'm.room.power_levels|': {
        users: { [bob]: 50 },
        events: { a: 10, b: 0 },
        events_default: 5,
        state_default: 20,
        users_default: 6,
      },
    };
    expect(judged(version, carol, { type: 'x' }, levels)).toBe('allowed');
    expect(judged(version, carol, { type: 'a' }, levels)).toBe('insufficient_power');
    expect(judged(version, carol, { type: 'b', stateKey: '' }, levels)).toBe('allowed');
    expect(judged(version, carol, { type: 'constructor', stateKey: '' }, levels)).toBe('insufficient_power');
  });

  it("has a state key of a user only if it is that user's", () => {
    expect(judged(version, bob, { type: 'a', stateKey: bob })).toBe('allowed');
    expect(judged(version, bob, { type: 'a', stateKey: carol })).toBe('state_key_of_another_user');
    expect(judged(version, bob, { type: 'a', stateKey: '@' })).toBe('state_key_of_another_user');
    expect(judged(version, carol, { type: 'a', stateKey: carol })).toBe('insufficient_power');
  });

  it("without power levels is the creator's to send, and others' only when it is a message", () => {
    const none = { 'm.room.power_levels|': null };
    expect(judged(version, alice, { type: 'a', stateKey: '' }, none)).toBe('allowed');
    expect(judged(version, bob, { type: 'a', stateKey: '' }, none)).toBe('insufficient_power');
    expect(judged(version, bob, { type: 'a' }, none)).toBe('allowed');
  });

  it('that invites by third party needs the invite level and no other', () => {
    const event = { type: 'm.room.third_party_invite', stateKey: 'token' };
    expect(judged(version, carol, event)).toBe('allowed');
    expect(judged(version, carol, event, { 'm.room.power_levels|': { invite: 1 } })).toBe('insufficient_power');
    expect(judged(version, dave, event)).toBe('sender_not_joined');
  });
});

describe('aliases events', () => {
  const aliases = (version: RoomVersion, stateKey?: string, sender = carol) =>
    judged(version, sender, { type: 'm.room.aliases', ...(stateKey === undefined ? {} : { stateKey }) });

  it("are each server's own until room version 5, member or not", () => {
    for (const version of earlierThan('6')) {
      expect([aliases(version, 'two'), aliases(version, 'three', dave)]).toEqual(['allowed', 'allowed']);
      expect([aliases(version, 'one'), aliases(version)]).toEqual([
        'aliases_of_another_server',
        'aliases_of_another_server',
      ]);
    }
  });

  it('of a user of this server take membership and the level of state, whatever a server may do', () => {
    for (const version of versions) {
      const ofUser = (sender: string, changes = {}) => {
        const sketch = { type: 'm.room.aliases', stateKey: sender.slice(sender.indexOf(':') + 1) };
        const decision = authoriseUser(eventOf(version, sender, sketch), stateOf(version, changes), rulesOf(version));
        return decision.allowed ? 'allowed' : decision.reason;
      };
      expect([ofUser(dave), ofUser(carol), ofUser(bob)]).toEqual([
        'sender_not_joined',
        'insufficient_power',
        'allowed',
      ]);
    }
  });

  it('are state like any other since', () => {
    for (const version of since('6'))
      expect([aliases(version, 'two'), aliases(version, 'x', bob)]).toEqual(['insufficient_power', 'allowed']);
  });
});

describe('redactions', () => {
  const target = eventId('$target:two');
  const redact = (version: RoomVersion, sender: string, id: string, changes = {}) =>
    judged(version, sender, { type: 'm.room.redaction', redacts: target, eventId: eventId(id) }, changes);

  it('are judged by level or by server in the first two room versions', () => {
    for (const version of ['1', '2'] as const) {
      expect(redact(version, bob, '$own:one')).toBe('allowed');
      expect(redact(version, carol, '$own:two')).toBe('allowed');
      expect(redact(version, carol, '$own:one')).toBe('redaction_not_allowed');
      expect(redact(version, bob, '$own:one', { 'm.room.power_levels|': { users: { [bob]: 50 }, redact: 51 } })).toBe(
        'redaction_not_allowed',
      );
    }
  });

  it('that passed there are applied, in their own room', () => {
    for (const version of ['1', '2'] as const) {
      const source = { create: undefined, powerLevels: undefined, rules: rulesOf(version) };
      const of = (sender: string) => ({ sender: eventOf(version, sender).sender, roomId: roomOf(version) });
      expect(mayRedact(of(carol), of(bob), source)).toBe(true);
      expect(mayRedact(of(carol), { ...of(bob), roomId: roomId('!x:one') }, source)).toBe(false);
    }
  });

  it('pass like messages since', () => {
    for (const version of since('3')) expect(redact(version, carol, '$own:one')).toBe('allowed');
  });

  it("of other servers' users are applied since by level or by server of the senders", () => {
    for (const version of since('3')) {
      const state = stateOf(version);
      const source = {
        create: state('m.room.create', ''),
        powerLevels: state('m.room.power_levels', ''),
        rules: rulesOf(version),
      };
      const of = (sender: string) => ({ sender: eventOf(version, sender).sender, roomId: roomOf(version) });
      expect(mayRedact(of(bob), of(carol), source)).toBe(true);
      expect(mayRedact(of(carol), of('@carola:two'), source)).toBe(true);
      expect(mayRedact(of(carol), of(bob), source)).toBe(false);
      expect(mayRedact(of(bob), { ...of(carol), roomId: roomId('!x:one') }, source)).toBe(false);
    }
  });
});

describe('the trust of servers in each other', () => {
  const of = (version: RoomVersion, sender: string, sketch = {}) => {
    const { stateKey, type } = eventOf(version, sender, sketch);
    return { sender: eventOf(version, sender).sender, roomId: roomOf(version), type, stateKey };
  };
  const may = (version: RoomVersion, sender: string, target: string, sketch = {}) => {
    const state = stateOf(version, { 'm.room.member|@carola:two': { membership: 'join' } });
    return mayUserRedact(of(version, sender), of(version, target, sketch), {
      create: state('m.room.create', ''),
      powerLevels: state('m.room.power_levels', ''),
      rules: rulesOf(version),
    });
  };

  it.each(versions)("is no permission to redact another user's event in room version %s", (version) => {
    expect(may(version, carol, '@carola:two')).toBe(false);
    expect(may(version, bob, alice)).toBe(true);
    expect(may(version, carol, carol)).toBe(true);
    for (const type of ['m.room.name', 'm.room.encryption', 'm.room.power_levels', 'm.room.member'])
      expect(may(version, carol, '@carola:two', { type, stateKey: '' })).toBe(false);
  });

  it.each(versions)('lets nobody redact what makes room version %s a room that others can be in', (version) => {
    for (const type of ['m.room.create', 'm.room.server_acl'])
      for (const sender of [alice, bob, carol])
        expect(may(version, sender, sender, { type, stateKey: '' })).toBe(false);
  });
});

describe('levels', () => {
  it.each<[JsonValue, number | undefined, number | undefined, number | undefined]>([
    [50, 50, 50, 50],
    [-1, -1, -1, -1],
    ['50', 50, 50, undefined],
    [' +0050\n', 50, 50, undefined],
    ['-7', -7, -7, undefined],
    ['', undefined, undefined, undefined],
    ['1.5', undefined, undefined, undefined],
    ['1_0', undefined, undefined, undefined],
    ['0x10', undefined, undefined, undefined],
    ['9'.repeat(400), undefined, undefined, undefined],
    [new RawNumber('5.114698E4'), 51146, undefined, undefined],
    [new RawNumber('-0.5'), 0, undefined, undefined],
    [new RawNumber('1e999'), undefined, undefined, undefined],
    [null, undefined, undefined, undefined],
    [true, undefined, undefined, undefined],
    [[], undefined, undefined, undefined],
  ])('written as %j are %j until version 5, %j until 9, %j since', (value, old, middle, now) => {
    expect((['1', '5'] as const).map((version) => levelOf(value, rulesOf(version)))).toEqual([old, old]);
    expect((['6', '9'] as const).map((version) => levelOf(value, rulesOf(version)))).toEqual([middle, middle]);
    expect((['10', '12'] as const).map((version) => levelOf(value, rulesOf(version)))).toEqual([now, now]);
  });

  it('of a user nobody listed, and of a type nobody listed, are the defaults', () => {
    const rules = rulesOf('12');
    const none = { create: undefined, powerLevels: undefined, rules };
    expect([
      userPowerLevel(eventOf('12', bob).sender, none),
      requiredPowerLevel('a', true, none),
      requiredPowerLevel('a', false, none),
    ]).toEqual([0, 50, 0]);
  });
});

describe('the level to notify everybody', () => {
  it('is 50 when none is set', () => {
    const levels = (content: JsonObject) =>
      stateOf('11', { 'm.room.power_levels|': content })('m.room.power_levels', '');
    const rules = rulesOf('11');
    expect(notificationLevel('room', undefined, rules)).toBe(50);
    expect(notificationLevel('room', levels({}), rules)).toBe(50);
    expect(notificationLevel('room', levels({ notifications: { room: 10 } }), rules)).toBe(10);
    expect(notificationLevel('constructor', levels({ notifications: {} }), rules)).toBe(50);
  });
});

describe('auth events', () => {
  it.each<[string, Parameters<typeof eventOf>[2], string[]]>([
    ['a message', {}, [`m.room.member|${carol}`]],
    ["one's own join", member(carol, 'join'), [`m.room.member|${carol}`, 'm.room.join_rules|']],
    ['a kick', member(dave, 'leave'), [`m.room.member|${carol}`, `m.room.member|${dave}`]],
    ['an invite', member(dave, 'invite'), [`m.room.member|${carol}`, `m.room.member|${dave}`, 'm.room.join_rules|']],
    [
      'a third-party invite',
      member(dave, 'invite', { third_party_invite: { signed: { token: 't' } } }),
      [`m.room.member|${carol}`, `m.room.member|${dave}`, 'm.room.join_rules|', 'm.room.third_party_invite|t'],
    ],
    [
      'a leave that names an authoriser',
      member(carol, 'leave', { join_authorised_via_users_server: bob }),
      [`m.room.member|${carol}`],
    ],
  ])('of %s are as the specification selects them', (_, sketch, expected) => {
    const keys = (version: RoomVersion) =>
      authEventKeys(eventOf(version, carol, sketch), rulesOf(version)).map((pair) => pair.join('|'));
    for (const version of earlierThan('12'))
      expect(keys(version)).toEqual(['m.room.create|', 'm.room.power_levels|', ...expected]);
    expect(keys('12')).toEqual(['m.room.power_levels|', ...expected]);
  });

  it('of a restricted join hold its authoriser since room version 8', () => {
    const event = (version: RoomVersion) =>
      authEventKeys(
        eventOf(version, dave, member(dave, 'join', { join_authorised_via_users_server: bob })),
        rulesOf(version),
      );
    for (const version of since('8')) expect(event(version)).toContainEqual(['m.room.member', bob]);
    for (const version of earlierThan('8')) expect(event(version)).not.toContainEqual(['m.room.member', bob]);
  });

  it('name no key twice', () => {
    for (const authoriser of [bob, carol]) {
      const join = {
        ...member(carol, 'join', { join_authorised_via_users_server: authoriser }),
        type: 'm.room.member',
      };
      const keys = authEventKeys(eventOf('11', bob, join), rulesOf('11')).map((pair) => pair.join('|'));
      expect(new Set(keys).size).toBe(keys.length);
    }
  });

  it('of the create event are none', () => {
    for (const version of versions)
      expect(authEventKeys(eventOf(version, alice, { type: 'm.room.create', stateKey: '' }), rulesOf(version))).toEqual(
        [],
      );
  });

  it.each(versions)(
    'in room version %s are refused when doubled, not selected, rejected or of another room',
    (version) => {
      const state = stateOf(version);
      const known = (type: string, stateKey: string) => ({ pdu: must(state(type, stateKey)), rejected: false });
      const create = version === '12' ? [] : [known('m.room.create', '')];
      const sender = known('m.room.member', carol);
      const check = (...entries: ReturnType<typeof known>[]) => {
        const decision = checkAuthEvents(eventOf(version, carol), [...create, ...entries], rulesOf(version));
        return decision.allowed ? 'allowed' : decision.reason;
      };
      expect(check(known('m.room.power_levels', ''), sender)).toBe('allowed');
      expect(check(sender, sender)).toBe('duplicate_auth_event');
      expect(check(known('m.room.member', bob))).toBe('unexpected_auth_event');
      expect(check(known('m.room.join_rules', ''))).toBe('unexpected_auth_event');
      expect(check({ pdu: { ...sender.pdu, stateKey: undefined }, rejected: false })).toBe('unexpected_auth_event');
      expect(check({ ...sender, rejected: true })).toBe('rejected_auth_event');
      expect(check({ ...sender, pdu: { ...sender.pdu, roomId: roomId('!x:one') } })).toBe('auth_event_of_another_room');
      if (version === '12') expect(check(known('m.room.create', ''))).toBe('unexpected_auth_event');
      else
        expect(checkAuthEvents(eventOf(version, carol), [sender], rulesOf(version))).toMatchObject({
          reason: 'no_create_event',
        });
    },
  );
});
