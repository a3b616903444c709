import { describe, expect, it } from 'vitest';
import { alice, bob, carol, dave, earlierThan, judged, member, since, versions } from '../../test/auth-fixtures.ts';
import { eventId, must, newEvent, roomId, signingKey, userId } from '../../test/event-fixtures.ts';
import { TestRoom } from '../../test/test-room.ts';
import { readEvent, wireEvent } from '../../test/wire-events.ts';
import { checkAuthEvents } from '../auth-rules/auth-events.ts';
import { isJsonObject, type JsonObject } from '../canonical-json/json-value.ts';
import { buildEvent } from '../events/build-event.ts';
import { contentHash, referenceHash } from '../events/hashes.ts';
import { parsePdu } from '../events/parse-pdu.ts';
import { createEventOfRoomId } from '../identifiers/room-id.ts';
import { signJson, verifyJson } from '../signatures/sign-json.ts';
import { signingKeyFromSeed } from '../signatures/signing-key.ts';
import { compareAge } from '../state-resolution/power-ordering.ts';
import { isRoomVersionText, rulesOf } from './room-versions.ts';
import type { RoomVersion } from './rules.ts';

/** What is often got wrong about room versions, as far as no other test says it. */

function idOf(version: RoomVersion, changes: JsonObject): string {
  const parsed = parsePdu(JSON.stringify(wireEvent(version, changes)), rulesOf(version));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.pdu.eventId;
}

describe('hashes', () => {
  it.each(since('3'))(
    'in room version %s an event_id that came along is part of what the id is a hash of',
    (version) => {
      expect(idOf(version, { event_id: '$x' })).not.toBe(idOf(version, {}));
      const built = buildEvent(
        newEvent({ rules: rulesOf(version), ...(version === '12' && { roomId: roomId(`!${'A'.repeat(43)}`) }) }),
      );
      expect(built.ok && JSON.parse(built.value.json)).not.toHaveProperty('event_id');
    },
  );

  it.each(versions)(
    'the reference hash of room version %s covers the hashes, and neither signatures nor unsigned',
    (version) => {
      const rules = rulesOf(version);
      const event = wireEvent(version);
      const hash = referenceHash(event, rules);
      expect(referenceHash({ ...event, hashes: { sha256: 'y' } }, rules)).not.toBe(hash);
      expect(referenceHash({ ...event, signatures: {}, unsigned: { age: 1 } }, rules)).toBe(hash);
      expect(referenceHash({ ...event, content: { body: 'other' } }, rules)).toBe(hash);
      for (const key of ['depth', 'origin_server_ts', 'sender', 'type', 'prev_events', 'auth_events'])
        expect(referenceHash({ ...event, [key]: 'y' }, rules)).not.toBe(hash);
    },
  );

  it('the content hash covers all but three keys: event_id and age_ts too', () => {
    const event = wireEvent('1');
    const hash = contentHash(event);
    for (const key of ['event_id', 'age_ts', 'content', 'origin', 'anything'])
      expect(contentHash({ ...event, [key]: 1 })).not.toBe(hash);
    for (const key of ['unsigned', 'signatures', 'hashes'])
      expect(contentHash({ ...event, [key]: { x: 1 } })).toBe(hash);
  });

  it('ids of room version 3 may hold a slash and a plus, those of later ones may not be written so', () => {
    const ids = (version: RoomVersion) => Array.from({ length: 40 }, (_, depth) => idOf(version, { depth })).join('');
    expect(ids('3')).toMatch(/[+/]/);
    expect(ids('4')).not.toMatch(/[+/]/);
    expect(ids('4')).toMatch(/[-_]/);
  });
});

describe('signatures', () => {
  it('by another key of the same name stand beside the first', () => {
    const policyKey = must(signingKeyFromSeed('policy_server', Buffer.alloc(32, 5)));
    const both = signJson(signJson({ a: 1 }, 'one', signingKey), 'one', policyKey);
    const { one } = both.signatures;
    expect(isJsonObject(one) && Object.keys(one).sort()).toEqual(['ed25519:1', 'ed25519:policy_server']);
    expect(verifyJson(both, 'one', signingKey.keyId, signingKey.publicKey)).toBe(true);
    expect(verifyJson(both, 'one', policyKey.keyId, policyKey.publicKey)).toBe(true);
  });
});

describe.each(versions)('in room version %s', (version) => {
  it('memberships are not governed by the levels of event types', () => {
    const levels = { users: { [bob]: 50 }, events: { 'm.room.member': 100 }, state_default: 100 };
    const changes = { 'm.room.power_levels|': levels, 'm.room.join_rules|': { join_rule: 'public' } };
    expect(judged(version, dave, member(dave, 'join'), changes)).toBe('allowed');
    expect(judged(version, bob, member(carol, 'leave'), changes)).toBe('allowed');
    expect(judged(version, carol, member(dave, 'invite'), changes)).toBe('allowed');
  });

  it('levels that power levels leave out are what they are without any', () => {
    const changes = { 'm.room.power_levels|': { users: { [bob]: 49, [carol]: 50 } } };
    for (const event of [{ type: 'a', stateKey: '' }, member(dave, 'ban'), member(alice, 'leave')]) {
      expect(judged(version, bob, event, changes)).toBe('insufficient_power');
      expect(judged(version, carol, event, changes)).toBe(
        version === '12' && event.stateKey === alice ? 'target_has_as_much_power' : 'allowed',
      );
    }
    expect(judged(version, bob, {}, changes)).toBe('allowed');
    expect(judged(version, bob, member(dave, 'invite'), changes)).toBe('allowed');
  });

  it('a join rule nobody knows keeps people out and lets those inside go on', () => {
    const changes = { 'm.room.join_rules|': { join_rule: 'org.example.riddle' } };
    expect(judged(version, dave, member(dave, 'join'), changes)).toBe('join_rule_forbids');
    expect(judged(version, carol, {}, changes)).toBe('allowed');
    expect(judged(version, bob, { type: 'm.room.join_rules', stateKey: '' }, changes)).toBe('allowed');
  });

  it('the state before decides, not what an event says of itself', () => {
    const selfMade = { type: 'm.room.power_levels', stateKey: '', content: { users: { [carol]: 100 } } };
    expect(judged(version, carol, selfMade)).toBe('insufficient_power');
  });
});

describe('room version 12', () => {
  const hash = 'C'.repeat(43);

  it('finds the create event by the room id alone', () => {
    expect(createEventOfRoomId(roomId(`!${hash}`))).toBe(`$${hash}`);
    const other = { roomId: roomId(`!${'D'.repeat(43)}`) };
    expect(judged('12', alice, other)).toBe('no_create_event');
    for (const version of earlierThan('12'))
      expect(createEventOfRoomId(roomId(`!room:${version}.example`))).toBeUndefined();
  });

  it('has create events without a room id, and rooms without a domain', () => {
    expect(readEvent('12', { type: 'm.room.create', state_key: '' })).toBe('room_id');
    expect(readEvent('12', { room_id: '!room:one' })).toBe('room_id');
    expect(readEvent('11', { room_id: `!${hash}` })).toBe('room_id');
  });

  it('has no create event among the auth_events, which earlier versions must have', () => {
    const create = (version: RoomVersion) => {
      const room = new TestRoom(version, alice);
      return checkAuthEvents(
        {
          type: 'm.room.message',
          stateKey: undefined,
          sender: userId(alice),
          content: {},
          prevEvents: [],
          redacts: undefined,
          roomId: room.roomId,
        },
        [must(room.events.get(room.create))],
        room.rules,
      );
    };
    expect(create('12')).toMatchObject({ reason: 'unexpected_auth_event' });
    for (const version of earlierThan('12')) expect(create(version)).toEqual({ allowed: true });
  });
});

describe('the order of events', () => {
  it('is by time, then by the code points of the id', () => {
    const at = (id: string, originServerTs: number) => {
      const room = new TestRoom('1', alice);
      return { ...must(room.events.get(room.create)).pdu, eventId: eventId(id), originServerTs };
    };
    expect(compareAge(at('$b:one', 1), at('$a:one', 2))).toBeLessThan(0);
    expect(compareAge(at('$a:one', 1), at('$b:one', 1))).toBeLessThan(0);
    expect(compareAge(at('$B:one', 1), at('$a:one', 1))).toBeLessThan(0);
    expect(compareAge(at('$\uffee:one', 1), at('$\u{1f600}:one', 1))).toBeLessThan(0);
    expect(compareAge(at('$a:one', 1), at('$a:one', 1))).toBe(0);
  });
});

describe('state resolution', () => {
  it.each<RoomVersion>(['2', '11', '12'])(
    'in room version %s lets in what was rejected where it stands, if the resolved state allows it',
    (version) => {
      const room = new TestRoom(version, alice);
      const joined = room.send({
        sender: alice,
        type: 'm.room.member',
        stateKey: alice,
        content: { membership: 'join' },
        after: [room.create],
      });
      const topic = room.send({ sender: alice, type: 'm.room.topic', stateKey: '', after: [joined] });
      const known = must(room.events.get(topic));
      room.events.set(topic, { ...known, rejected: true });
      const before = room.stateBefore([joined]);
      const resolved = room.resolve([before, [...before, { type: 'm.room.topic', stateKey: '', eventId: topic }]]);
      expect(resolved.map(({ eventId: id }) => id)).toContain(topic);
    },
  );
});

describe('the name of a room version', () => {
  it('is text, and no number', () => {
    for (const text of ['1', '12', '1.2', 'org.example.12', '-']) expect(isRoomVersionText(text)).toBe(true);
    for (const text of ['', ' 1', '1 ', 'A', 'a_b', '１', 'x'.repeat(33)]) expect(isRoomVersionText(text)).toBe(false);
  });
});
