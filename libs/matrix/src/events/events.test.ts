import { describe, expect, it } from 'vitest';
import { eventId, must, newEvent, roomId, serverName, signingKey, userId } from '../../test/event-fixtures.ts';
import { canonicalJson } from '../canonical-json/canonical-json.ts';
import { isJsonObject, type JsonObject } from '../canonical-json/json-value.ts';
import { clientEvent, strippedState } from '../client-events/client-event.ts';
import { redactEvent } from '../redaction/redact-event.ts';
import { availableRoomVersions, roomVersion, rulesOf } from '../room-versions/room-versions.ts';
import { signJson } from '../signatures/sign-json.ts';
import { signingKeyFromSeed } from '../signatures/signing-key.ts';
import { buildEvent } from './build-event.ts';

import {
  checkEventSignatures,
  type EventVerifyKey,
  isKeyValidFor,
  redactedPdu,
  requiredSigners,
  signEvent,
  verifyEventSignature,
} from './event-signatures.ts';
import { contentHash, hasValidContentHash, referenceHash, sha256 } from './hashes.ts';
import { type ParsedPdu, parsePdu } from './parse-pdu.ts';

function built(event = newEvent()) {
  const result = buildEvent(event);
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

function parsed(json: string, version: string): ParsedPdu {
  const result = parsePdu(json, must(roomVersion(version)));
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

const explicit = {
  eventId: eventId('$own:domain'),
  referenceHashes: new Map(['$prev', '$create', '$power', '$member'].map((id) => [eventId(id), sha256(id)])),
};

function eventOf(version: string, overrides: Parameters<typeof newEvent>[0] = {}, content?: JsonObject) {
  const rules = must(roomVersion(version));
  const room = rules.roomIdIsCreateEventHash ? roomId(`!${'A'.repeat(43)}`) : roomId('!room:domain');
  return newEvent(
    { rules, roomId: room, ...(rules.eventIds === 'explicit' ? { explicit } : {}), ...overrides },
    content,
  );
}

describe("the specification's event signing vectors", () => {
  it.each([
    [
      {
        room_id: '!x:domain',
        sender: '@a:domain',
        origin: 'domain',
        origin_server_ts: 1000000,
        signatures: {},
        hashes: {},
        type: 'X',
        content: {},
        prev_events: [],
        auth_events: [],
        depth: 3,
        unsigned: { age_ts: 1000000 },
      },
      '5jM4wQpv6lnBo7CLIghJuHdW+s2CMBJPUOGOC89ncos',
      'KxwGjPSDEtvnFgU00fwFz+l6d2pJM6XBIaMEn81SXPTRl16AqLAYqfIReFGZlHi5KLjAWbOoMszkwsQma+lYAg',
    ],
    [
      {
        content: { body: 'Here is the message content' },
        event_id: '$0:domain',
        origin: 'domain',
        origin_server_ts: 1000000,
        type: 'm.room.message',
        room_id: '!r:domain',
        sender: '@u:domain',
        signatures: {},
        unsigned: { age_ts: 1000000 },
      },
      'onLKD1bGljeBWQhWZ1kaP9SorVmRQNdN5aM2JYU2n/g',
      'Wm+VzmOUOz08Ds+0NTWb1d4CZrVsJSikkeRxh6aCcUwu6pNC78FunoD7KNWzqFn241eYHYMGCA5McEiVPdhzBA',
    ],
  ])('%#', (event: JsonObject, hash, signature) => {
    expect(contentHash(event)).toBe(hash);
    const signed = signJson(redactEvent({ ...event, hashes: { sha256: hash } }, rulesOf('1')), 'domain', signingKey);
    expect(signed.signatures).toEqual({ domain: { 'ed25519:1': signature } });
  });
});

describe.each(Object.keys(availableRoomVersions))('an event built for room version %s', (version) => {
  const rules = rulesOf(must(roomVersion(version)).version);
  const state = { type: 'm.room.member', stateKey: '@alice:domain' };
  const redaction = { type: 'm.room.redaction', redacts: eventId('$target') };
  const cases: [string, Parameters<typeof newEvent>[0], JsonObject | undefined][] = [
    ['a message', {}, undefined],
    ['a membership', state, { membership: 'join', displayname: 'Alice "é😀"' }],
    ['a redaction', redaction, { reason: 'spam' }],
  ];

  it.each(cases)('as %s reads back as what was built, in canonical form', (_, overrides, content) => {
    const event = built(eventOf(version, overrides, content));
    const back = parsed(event.json, version);
    expect(back.json).toBe(event.json);
    expect(canonicalJson(JSON.parse(event.json))).toBe(event.json);
    expect(back.pdu).toEqual(event.pdu);
    expect(back.pdu.eventId).toBe(event.eventId);
  });

  it.each(cases)('as %s has a right content hash and signature, which its redaction keeps', (_, overrides, content) => {
    const event = parsed(built(eventOf(version, overrides, content)).json, version);
    expect(hasValidContentHash(event.object)).toBe(true);
    expect(requiredSigners(event, rules)).toEqual(['domain']);
    expect(verifyEventSignature(event, serverName('domain'), 'ed25519:1', signingKey.publicKey)).toBe(true);
    const redacted = redactedPdu(event, rules);
    expect(redacted.pdu.eventId).toBe(event.pdu.eventId);
    expect(verifyEventSignature(redacted, serverName('domain'), 'ed25519:1', signingKey.publicKey)).toBe(true);
    expect(referenceHash(redacted.object, rules)).toBe(referenceHash(event.object, rules));
  });
});

describe('building', () => {
  it('makes a room of version 12 by its create event', () => {
    const create = { type: 'm.room.create', stateKey: '', prevEvents: [], authEvents: [], roomId: undefined };
    const event = built(eventOf('12', create, { room_version: '12' }));
    expect(event.pdu.roomId).toBe(`!${event.eventId.slice(1)}`);
    expect(JSON.parse(event.json)).not.toHaveProperty('room_id');
    expect(parsed(event.json, '12').pdu.roomId).toBe(event.pdu.roomId);
  });

  it('writes references as pairs in the first two room versions', () => {
    const event = JSON.parse(built(eventOf('2')).json);
    expect(event.prev_events).toEqual([['$prev', { sha256: sha256('$prev') }]]);
    expect(event.event_id).toBe('$own:domain');
  });

  it('takes the id from the reference hash, in the alphabet of the room version', () => {
    const hashes = Array.from({ length: 20 }, (_, depth) => {
      const [old, now] = (['3', '4'] as const).map((version) => {
        const event = built(eventOf(version, { depth }));
        return { id: event.eventId, hash: referenceHash(JSON.parse(event.json), rulesOf(version)) };
      });
      expect(old?.id).toBe(`$${old?.hash}`);
      expect(now?.id).toBe(`$${now?.hash.replaceAll('+', '-').replaceAll('/', '_')}`);
      return old?.hash;
    });
    expect(hashes.join('')).toMatch(/\+.*\/|\/.*\+/);
  });

  it('puts the target of a redaction where the room version has it', () => {
    const overrides = { type: 'm.room.redaction', redacts: eventId('$target') };
    expect(JSON.parse(built(eventOf('10', overrides, {})).json)).toMatchObject({ redacts: '$target', content: {} });
    expect(JSON.parse(built(eventOf('11', overrides, {})).json)).toMatchObject({ content: { redacts: '$target' } });
    expect(JSON.parse(built(eventOf('11', overrides, {})).json)).not.toHaveProperty('redacts');
  });

  it.each([
    ['event_too_large', {}, { body: 'x'.repeat(65_300) }],
    ['event_too_large', {}, { body: 'é'.repeat(32_650) }],
    ['type_too_long', { type: 'é'.repeat(128) }, {}],
    ['state_key_too_long', { stateKey: 'x'.repeat(256) }, {}],
    ['not_canonical', {}, { n: 1.5 }],
    ['not_canonical', {}, { n: Number.POSITIVE_INFINITY }],
    ['not_canonical', {}, { a: [{ b: '\ud800' }] }],
    ['not_canonical', { stateKey: '\ud800' }, {}],
    ['not_canonical', { originServerTs: 1.5 }, {}],
    ['too_many_prev_events', { prevEvents: Array.from({ length: 21 }, () => eventId('$prev')) }, {}],
    ['too_many_auth_events', { authEvents: Array.from({ length: 11 }, () => eventId('$prev')) }, {}],
    ['incomplete', { roomId: undefined }, {}],
    ['incomplete', { rules: rulesOf('1') }, {}],
    ['incomplete', { rules: rulesOf('1'), explicit: { ...explicit, referenceHashes: new Map() } }, {}],
    ['incomplete', { explicit }, {}],
  ] satisfies [string, Parameters<typeof newEvent>[0], JsonObject][])(
    'refuses what is %s',
    (error, overrides, content) => {
      expect(buildEvent(newEvent(overrides, content))).toEqual({ ok: false, error });
    },
  );

  it('accepts an event of exactly the largest size', () => {
    const size = built(newEvent({}, { body: '' })).json.length;
    expect(buildEvent(newEvent({}, { body: 'x'.repeat(65_536 - size) })).ok).toBe(true);
    expect(buildEvent(newEvent({}, { body: 'x'.repeat(65_537 - size) })).ok).toBe(false);
  });
});

describe('reading', () => {
  const good = JSON.parse(built().json);
  const read = (event: JsonObject, version = '11') => {
    const result = parsePdu(JSON.stringify(event), must(roomVersion(version)));
    return result.ok ? 'ok' : (result.error.key ?? result.error.code);
  };

  it.each([
    'type',
    'sender',
    'room_id',
    'content',
    'prev_events',
    'auth_events',
    'depth',
    'origin_server_ts',
    'hashes',
    'signatures',
  ])('needs %s, of the right type', (key) => {
    const { [key]: _, ...without } = good;
    expect(read(without)).toBe(key);
    for (const wrong of [null, true, 'x'.repeat(300), [1]]) expect(read({ ...good, [key]: wrong })).toBe(key);
  });

  it.each([
    ['state_key', { state_key: 1 }],
    ['state_key', { state_key: 'é'.repeat(128) }],
    ['unsigned', { unsigned: 'x' }],
    ['depth', { depth: -1 }],
    ['hashes', { hashes: {} }],
    ['signatures', { signatures: { domain: 'x' } }],
    ['prev_events', { prev_events: [['$a', { sha256: 'x' }]] }],
    ['room_id', { room_id: `!${'A'.repeat(43)}` }],
    ['too_many_prev_events', { prev_events: Array(21).fill('$a') }],
    ['too_many_auth_events', { auth_events: Array(11).fill('$a') }],
    ['event_too_large', { content: { body: 'x'.repeat(66_000) } }],
    ['invalid_json', { depth: 1.5 }],
  ])('refuses a wrong %s', (error, change) => expect(read({ ...good, ...change })).toBe(error));

  it('needs an object, and references of the form of the room version', () => {
    for (const text of ['[]', '1', 'null', '', '{'])
      expect(parsePdu(text, rulesOf('11'))).toMatchObject({ ok: false, error: { code: 'invalid_json' } });
    const old = JSON.parse(built(eventOf('1')).json);
    expect(read({ ...old, depth: 0 }, '1')).toBe('ok');
    for (const wrong of [['$a'], [['$a']], [['$a', 'x']], [['$a', {}, 1]], [[1, {}]], [{ 0: '$a' }]])
      expect(read({ ...old, prev_events: wrong }, '1')).toBe('prev_events');
    expect(read({ ...old, event_id: 'x' }, '1')).toBe('event_id');
  });

  it('knows the room of a create event of version 12 by its hash alone', () => {
    const create = { type: 'm.room.create', stateKey: '', prevEvents: [], authEvents: [], roomId: undefined };
    const event = JSON.parse(built(eventOf('12', create, {})).json);
    expect(read(event, '12')).toBe('ok');
    expect(read({ ...event, room_id: `!${'A'.repeat(43)}` }, '12')).toBe('room_id');
    expect(read({ ...event, type: 'm.room.topic' }, '12')).toBe('room_id');
  });

  it('finds a content hash that is wrong or missing, padded or not', () => {
    const { sha256: right } = good.hashes;
    const check = (hashes: JsonObject) => hasValidContentHash({ ...good, hashes });
    expect([check({ sha256: right }), check({ sha256: `${right}=` })]).toEqual([true, true]);
    for (const wrong of [{}, { sha256: '' }, { sha256: 1 }, { sha256: `${right}==` }, { sha256: '='.repeat(60_000) }])
      expect(check(wrong)).toBe(false);
    expect(hasValidContentHash({ ...good, depth: 8 })).toBe(false);
  });

  it('takes what old room versions allowed, and hashes it as it was written', () => {
    const old = JSON.stringify({ ...good, depth: 0 }).replace('"depth":0', '"depth":9223372036854775807,"x":1.50');
    const event = parsed(old, '5');
    expect(event.json).toContain('"depth":9223372036854775807');
    expect(event.json).toContain('"x":1.50');
    expect(parsePdu(old, rulesOf('6')).ok).toBe(false);
  });
});

describe('signatures of events', () => {
  it('are needed of the authorising server where joins can be restricted', () => {
    const content = { membership: 'join', join_authorised_via_users_server: '@bob:other' };
    const member = { type: 'm.room.member', stateKey: '@alice:domain' };
    for (const [version, expected] of [
      ['7', ['domain']],
      ['8', ['domain', 'other']],
    ] as const) {
      const event = parsed(built(eventOf(version, member, content)).json, version);
      expect(requiredSigners(event, rulesOf(version))).toEqual(expected);
    }
  });

  it('are not needed of the sender of an invite that a third-party invite became', () => {
    const content = { membership: 'invite', third_party_invite: { signed: {} } };
    const event = parsed(built(eventOf('11', { type: 'm.room.member', stateKey: '@bob:other' }, content)).json, '11');
    expect(requiredSigners(event, rulesOf('11'))).toEqual([]);
    for (const change of [{ membership: 'join' }, { third_party_invite: 1 }]) {
      const other = eventOf('11', { type: 'm.room.member', stateKey: '@bob:other' }, { ...content, ...change });
      expect(requiredSigners(parsed(built(other).json, '11'), rulesOf('11'))).toEqual(['domain']);
    }
  });

  it('are needed of the server in the event id in the first two room versions', () => {
    const event = parsed(built(eventOf('1', { explicit: { ...explicit, eventId: eventId('$a:other') } })).json, '1');
    expect(requiredSigners(event, rulesOf('1'))).toEqual(['domain', 'other']);
  });

  it('can be added without changing the event', () => {
    const event = parsed(built().json, '11');
    const signed = signEvent(event, serverName('other'), signingKey, rulesOf('11'));
    expect(signed.pdu).toEqual(event.pdu);
    for (const server of ['domain', 'other'])
      expect(verifyEventSignature(signed, serverName(server), 'ed25519:1', signingKey.publicKey)).toBe(true);
  });

  it('fail for another key id, another server and a changed event', () => {
    const event = parsed(built().json, '11');
    expect(verifyEventSignature(event, serverName('domain'), 'ed25519:2', signingKey.publicKey)).toBe(false);
    expect(verifyEventSignature(event, serverName('other'), 'ed25519:1', signingKey.publicKey)).toBe(false);
    const changed = parsed(canonicalJson({ ...event.object, depth: 8 }), '11');
    expect(verifyEventSignature(changed, serverName('domain'), 'ed25519:1', signingKey.publicKey)).toBe(false);
  });

  it('by keys that had run out count only before room version 5', () => {
    const day = 86_400_000;
    const key = { validUntilTs: 100 * day };
    const valid = (ts: number, now: number, version: '4' | '5', expiredTs?: number) =>
      isKeyValidFor(ts, { ...key, expiredTs }, now, rulesOf(version));
    expect([valid(101 * day, 0, '4'), valid(101 * day, 200 * day, '5'), valid(100 * day, 200 * day, '5')]).toEqual([
      true,
      false,
      true,
    ]);
    expect([valid(8 * day, 0, '5'), valid(7 * day, 0, '5')]).toEqual([false, true]);
    expect([valid(50 * day, 60 * day, '5', 49 * day), valid(49 * day, 60 * day, '5', 49 * day)]).toEqual([false, true]);
  });
});

describe('the signatures of a server that signs with several keys', () => {
  const rules = rulesOf('11');
  const second = must(signingKeyFromSeed('2', Buffer.alloc(32, 2)));
  const both = signEvent(parsed(built().json, '11'), serverName('domain'), second, rules);
  const until = { validUntilTs: 2_000_000_000_000 };
  const first = { keyId: signingKey.keyId, publicKey: signingKey.publicKey, ...until };
  const other = { keyId: second.keyId, publicKey: second.publicKey, ...until };
  const wrong = { ...other, publicKey: signingKey.publicKey };
  const verdict = (...keys: EventVerifyKey[]) =>
    checkEventSignatures(both, rules, (_, keyId) => keys.filter((key) => key.keyId === keyId), 1_800_000_000_000);

  it('verify when all those by known keys do, and one of them is known', () => {
    expect([verdict(first, other), verdict(first), verdict(other)]).toEqual(['verified', 'verified', 'verified']);
  });

  it('are refused when one by a known key is wrong, whatever the others are', () => {
    expect([verdict(first, wrong), verdict(wrong)]).toEqual(['invalid_signature', 'invalid_signature']);
  });

  it('by keys that had expired are skipped', () => {
    expect(verdict(first, { ...wrong, expiredTs: 5 })).toBe('verified');
    expect(verdict({ ...first, expiredTs: 5 }, { ...other, expiredTs: 5 })).toBe('invalid_signature');
  });

  it('by unknown keys leave the event undecided', () => expect(verdict()).toBe('key_not_available'));

  it('verify by either of two keys that had the same id', () => {
    expect(verdict({ ...first, publicKey: second.publicKey }, first)).toBe('verified');
  });
});

describe('for clients', () => {
  const pdu = parsed(built(newEvent({ type: 'm.room.topic', stateKey: '' }, { topic: 'tea' })).json, '11').object;

  it('an event loses what servers need and gains its id', () => {
    expect(clientEvent(pdu, { eventId: '$a', roomId: '!r', rules: rulesOf('11'), unsigned: { age: 1 } })).toEqual({
      content: { topic: 'tea' },
      event_id: '$a',
      origin_server_ts: 1_700_000_000_000,
      room_id: '!r',
      sender: '@alice:domain',
      state_key: '',
      type: 'm.room.topic',
      unsigned: { age: 1 },
    });
    expect(Object.keys(clientEvent(pdu, { eventId: '$a', rules: rulesOf('11') }))).not.toContain('room_id');
  });

  it.each(['10', '11'] as const)('a redaction of room version %s has its target in both places', (version) => {
    const redaction = eventOf(version, { type: 'm.room.redaction', redacts: eventId('$target') }, { reason: 'r' });
    const { object } = parsed(built(redaction).json, version);
    const event = clientEvent(object, { eventId: '$a', rules: rulesOf(version) });
    expect(event).toMatchObject({ redacts: '$target', content: { redacts: '$target', reason: 'r' } });
    expect(isJsonObject(object['content']) && 'redacts' in object['content']).toBe(version === '11');
  });

  it('stripped state has four keys', () => {
    expect(strippedState(pdu)).toEqual({
      content: { topic: 'tea' },
      sender: userId('@alice:domain'),
      state_key: '',
      type: 'm.room.topic',
    });
  });
});
