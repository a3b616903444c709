import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../canonical-json/json-value.ts';
import { isOpenRoomEventFilter, passesEventFilter, passesRoomEventFilter, passesRoomFilter } from './apply-filter.ts';
import { parseFilter, parseRoomEventFilter } from './parse-filter.ts';

function filter(value: JsonValue) {
  const result = parseFilter(value);
  if (!result.ok) throw new Error(result.error.key);
  return result.value;
}

function roomFilter(value: JsonValue) {
  const result = parseRoomEventFilter(value);
  if (!result.ok) throw new Error(result.error.key);
  return result.value;
}

const message = { type: 'm.room.message', sender: '@a:one', roomId: '!r:one', hasUrl: false };
const passes = (value: JsonValue, change: Partial<typeof message> = {}) =>
  passesRoomEventFilter(roomFilter(value), { ...message, ...change });

describe('a filter', () => {
  it('that says nothing lets everything through', () => {
    expect(passes({})).toBe(true);
    expect(roomFilter({})).toMatchObject({
      includeRedundantMembers: false,
      unreadThreadNotifications: false,
      lazyLoadMembers: false,
    });
    expect(isOpenRoomEventFilter(roomFilter({ limit: 5, lazy_load_members: true }))).toBe(true);
    expect(isOpenRoomEventFilter(roomFilter({ types: [] }))).toBe(false);
    expect(filter({})).toMatchObject({ eventFormat: 'client', eventFields: undefined, room: { includeLeave: false } });
  });

  it.each<[JsonValue, boolean]>([
    [{ types: ['m.room.message'] }, true],
    [{ types: ['m.room.*'] }, true],
    [{ types: ['*.message'] }, true],
    [{ types: ['m.*.message'] }, true],
    [{ types: ['m.room.mess?ge'] }, false],
    [{ types: ['*.MESSAGE'] }, false],
    [{ types: ['*'] }, true],
    [{ types: ['m.room.messages*'] }, false],
    [{ types: ['m.*.mess?ge'] }, false],
    [{ types: [] }, false],
    [{ types: ['m.room.member'] }, false],
    [{ types: ['m.*'], not_types: ['*.message'] }, false],
    [{ not_types: ['m.room.member'] }, true],
    [{ senders: ['@a:one'] }, true],
    [{ senders: ['@b:one'] }, false],
    [{ senders: ['@a:one'], not_senders: ['@a:one'] }, false],
    [{ not_senders: ['@b:one'] }, true],
    [{ rooms: ['!r:one'] }, true],
    [{ rooms: [] }, false],
    [{ rooms: ['!r:one'], not_rooms: ['!r:one'] }, false],
    [{ contains_url: true }, false],
    [{ contains_url: false }, true],
  ])('%j lets a message through: %s', (value, expected) => expect(passes(value)).toBe(expected));

  it('by URL looks at the content', () => {
    expect([
      passes({ contains_url: true }, { hasUrl: true }),
      passes({ contains_url: false }, { hasUrl: true }),
    ]).toEqual([true, false]);
  });

  it('by sender keeps out what has none', () => {
    const typing = { type: 'm.typing', sender: undefined };
    expect(passesEventFilter(filter({ presence: { senders: ['@a:one'] } }).presence, typing)).toBe(false);
    expect(passesEventFilter(filter({ presence: { not_senders: ['@a:one'] } }).presence, typing)).toBe(true);
  });

  it('chooses rooms before events', () => {
    const chosen = filter({ room: { rooms: ['!a:one', '!b:one'], not_rooms: ['!b:one'], include_leave: true } });
    expect(['!a:one', '!b:one', '!c:one'].map((id) => passesRoomFilter(chosen, id))).toEqual([true, false, false]);
    expect(chosen.room.includeLeave).toBe(true);
  });

  it('keeps what it says of limits, members and fields', () => {
    const read = filter({
      event_fields: ['type', 'content.m\\.x'],
      event_format: 'federation',
      room: {
        timeline: { limit: 0, unread_thread_notifications: true },
        state: { lazy_load_members: true, include_redundant_members: true },
      },
    });
    expect(read.eventFields).toEqual([['type'], ['content', 'm.x']]);
    expect(read.eventFormat).toBe('federation');
    expect(read.room.timeline).toMatchObject({ limit: 0, unreadThreadNotifications: true, lazyLoadMembers: false });
    expect(read.room.state).toMatchObject({ limit: undefined, lazyLoadMembers: true, includeRedundantMembers: true });
  });

  it.each<[string, JsonValue]>([
    ['filter', []],
    ['filter', 'x'],
    ['filter', null],
    ['room', { room: [] }],
    ['timeline', { room: { timeline: 1 } }],
    ['types', { presence: { types: 'm.room' } }],
    ['not_types', { presence: { not_types: [1] } }],
    ['types', { presence: { types: Array(1001).fill('a') } }],
    ['senders', { presence: { senders: ['a'] } }],
    ['rooms', { room: { rooms: ['x'] } }],
    ['not_rooms', { room: { not_rooms: {} } }],
    ['limit', { room: { timeline: { limit: -1 } } }],
    ['limit', { room: { timeline: { limit: 1.5 } } }],
    ['limit', { room: { timeline: { limit: '1' } } }],
    ['lazy_load_members', { room: { state: { lazy_load_members: 'yes' } } }],
    ['event_format', { event_format: 'xml' }],
    ['event_fields', { event_fields: 'content' }],
  ])('with a wrong %s is refused: %j', (key, value) => {
    expect(parseFilter(value)).toEqual({ ok: false, error: { code: 'invalid_filter', key } });
  });

  it('is read or refused, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => typeof parseFilter(JSON.parse(JSON.stringify(value))).ok === 'boolean'),
    );
  });
});
