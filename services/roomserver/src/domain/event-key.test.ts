import { parseEventId, rulesOf } from '@plexus/matrix';
import { describe, expect, it } from 'vitest';
import { eventIdOfKey, eventKeyOf } from './event-key.ts';

function eventId(text: string) {
  const parsed = parseEventId(text);
  if (parsed === undefined) throw new Error(`${text} is no event id`);
  return parsed;
}

function bytesOf(text: string): Buffer {
  const { head, tail } = eventKeyOf(eventId(text));
  return Buffer.from(head + tail, 'hex');
}

describe('event keys', () => {
  it('give back the event id in the alphabet of the room version', () => {
    const urlSafe = '$Cw02mJRBpU3HG5spaoqQCfclOwyw9wKg-hAprR80_Ok';
    const standard = urlSafe.replaceAll('-', '+').replaceAll('_', '/');
    expect(eventIdOfKey(bytesOf(urlSafe), rulesOf('12'), undefined)).toBe(urlSafe);
    expect(eventIdOfKey(bytesOf(standard), rulesOf('3'), undefined)).toBe(standard);
  });

  it('are 32 bytes for ids of any form, and another for another id', () => {
    const ids = ['$1:example.org', '$2:example.org', `$${'a'.repeat(43)}`, `$${'a'.repeat(42)}!`, `$${'é'.repeat(43)}`];
    const keys = ids.map(bytesOf);
    expect(keys.map((key) => key.length)).toEqual(ids.map(() => 32));
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(ids.length);
  });

  it('leave the ids of room versions 1 and 2 to their events', () => {
    expect(eventIdOfKey(bytesOf('$1:example.org'), rulesOf('1'), '{"event_id":"$1:example.org"}')).toBe(
      '$1:example.org',
    );
    expect(() => eventIdOfKey(bytesOf('$1:example.org'), rulesOf('1'), '{}')).toThrow(TypeError);
  });
});
