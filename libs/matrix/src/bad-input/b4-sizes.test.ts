import { describe, expect, it } from 'vitest';
import { earlierThan, eventOf, since, versions } from '../../test/auth-fixtures.ts';
import { eventId, must } from '../../test/event-fixtures.ts';
import { readEvent, readText, wireEvent } from '../../test/wire-events.ts';
import { checkAuthEvents } from '../auth-rules/auth-events.ts';
import { canonicalJson } from '../canonical-json/canonical-json.ts';
import type { JsonObject, JsonValue } from '../canonical-json/json-value.ts';
import { parsePdu } from '../events/parse-pdu.ts';
import { rulesOf } from '../room-versions/room-versions.ts';
import type { RoomVersion } from '../room-versions/rules.ts';

/** Texts of the form of each identifier with so many code points before and after, the filling one to four bytes each. */
const identifiers: Record<string, (filling: string, length: number) => string> = {
  type: (filling, length) => filling.repeat(length),
  state_key: (filling, length) => filling.repeat(length),
  sender: (filling, length) => `@${filling.repeat(length - 5)}:one`,
  room_id: (filling, length) => `!${filling.repeat(length - 5)}:one`,
};

/** Whether the event is unreadable, or readable and to be rejected, or neither. */
function fate(version: RoomVersion, changes: JsonObject): string {
  const result = parsePdu(JSON.stringify(wireEvent(version, changes)), rulesOf(version));
  if (!result.ok) return result.error.key ?? result.error.code;
  const decision = checkAuthEvents(result.value.pdu, [], rulesOf(version));
  return decision.allowed || decision.reason === 'no_create_event' ? 'ok' : decision.reason;
}

describe.each(Object.entries(identifiers))('B4 the length of %s', (key, make) => {
  // A room id of version 12 is a hash and always as long.
  const withDomain = (all: RoomVersion[]) => (key === 'room_id' ? all.filter((version) => version !== '12') : all);

  it.each(withDomain(versions))('in room version %s is 255 at most', (version) => {
    expect(fate(version, { [key]: make('a', 255) })).toBe('ok');
    expect(fate(version, { [key]: make('a', 256) })).toBe(key);
  });

  it.each(withDomain(since('11')))('in room version %s counts bytes', (version) => {
    const overhead = make('', 5).length === 0 ? 0 : 5;
    const fits = Math.floor((255 - overhead) / 2) + overhead;
    expect(fate(version, { [key]: make('é', fits) })).toBe('ok');
    expect(fate(version, { [key]: make('é', fits + 1) })).toBe(key);
    expect(fate(version, { [key]: make('😀', 70) })).toBe(key);
  });

  it.each(withDomain(earlierThan('11')))(
    'in room version %s counts code points, and what has more bytes is rejected',
    (version) => {
      for (const filling of ['é', '日', '😀']) {
        expect(fate(version, { [key]: make(filling, 255) })).toBe('identifier_too_long');
        expect(fate(version, { [key]: make(filling, 256) })).toBe(key);
      }
    },
  );
});

describe('B4 event ids', () => {
  it.each(['1', '2'] as const)('in room version %s have a server, and are 255 at most', (version) => {
    expect(fate(version, { event_id: `$${'a'.repeat(250)}:one` })).toBe('ok');
    expect(fate(version, { event_id: `$${'a'.repeat(251)}:one` })).toBe('event_id');
    expect(fate(version, { event_id: `$${'é'.repeat(250)}:one` })).toBe('identifier_too_long');
    for (const bad of ['$a', '$', 'a:one', '$a:', '$a:b c', '$a\0:one', 1, null])
      expect(fate(version, { event_id: bad })).toBe('event_id');
  });

  it.each(since('3'))('in room version %s are not read', (version) => {
    for (const odd of ['x'.repeat(300), 1, null, {}]) expect(fate(version, { event_id: odd })).toBe('ok');
  });
});

describe.each(versions)('B4 an event of room version %s', (version) => {
  /** Of exactly so many bytes as canonical JSON, however it was written. */
  function ofBytes(bytes: number, filling: string): string {
    const empty = Buffer.byteLength(canonicalJson(wireEvent(version, { content: { body: '' } })));
    const count = Math.floor((bytes - empty) / Buffer.byteLength(filling));
    const rest = 'x'.repeat(bytes - empty - count * Buffer.byteLength(filling));
    return JSON.stringify(wireEvent(version, { content: { body: filling.repeat(count) + rest } }), null, 1);
  }

  it.each(['x', 'é', '😀'])('has 65,536 bytes at most, counted in UTF-8 and without its spaces (%s)', (filling) => {
    const sizes = [65_535, 65_536, 65_537].map((bytes) => readText(ofBytes(bytes, filling), version));
    expect(sizes).toEqual(['ok', 'ok', 'event_too_large']);
  });

  it('counts its signatures', () => {
    const signatures = { one: { 'ed25519:1': 'x'.repeat(66_000) } };
    expect(readEvent(version, { signatures })).toBe('event_too_large');
  });

  it('has 20 prev_events and 10 auth_events at most', () => {
    const some = (key: string, count: number) => {
      const [first] = must(toArray(wireEvent(version)[key]));
      return readEvent(version, { [key]: Array.from({ length: count }, () => first ?? null) });
    };
    expect([some('prev_events', 20), some('prev_events', 21)]).toEqual(['ok', 'too_many_prev_events']);
    expect([some('auth_events', 10), some('auth_events', 11)]).toEqual(['ok', 'too_many_auth_events']);
  });

  it('refers to events by ids that could be ids', () => {
    const pairs = rulesOf(version).eventReferences === 'pairs';
    for (const id of ['', '$', 'a', `$${'a'.repeat(255)}`, '$\0'])
      expect(readEvent(version, { prev_events: [pairs ? [id, { sha256: 'x' }] : id] })).toBe('prev_events');
    expect(eventOf(version, '@a:one', { prevEvents: [eventId('$a')] }).prevEvents).toEqual(['$a']);
  });
});

function toArray(value: JsonValue | undefined): JsonValue[] | undefined {
  return Array.isArray(value) ? value : undefined;
}
