import { describe, expect, it } from 'vitest';
import { versions } from '../../test/auth-fixtures.ts';
import { readEvent } from '../../test/wire-events.ts';
import { canonicalJson, NotCanonicalError } from '../canonical-json/canonical-json.ts';
import { parseStrictJson } from '../canonical-json/strict-json.ts';

function canonicalOf(text: string): string {
  const parsed = parseStrictJson(text, { numbers: 'canonical' });
  return parsed.ok ? canonicalJson(parsed.value) : parsed.error.code;
}

describe('B7 canonical JSON', () => {
  it('orders keys by code point: what UTF-16 has the other way round', () => {
    expect(canonicalOf('{"\u{1f600}":1,"\ufffd":2,"\ue000":3,"\u{10ffff}":4,"~":5,"":6}')).toBe(
      '{"":6,"~":5,"\ue000":3,"\ufffd":2,"\u{1f600}":1,"\u{10ffff}":4}',
    );
    expect(canonicalOf('{"a\u{1f600}":1,"a\ufffd":2,"a":3}')).toBe('{"a":3,"a\ufffd":2,"a\u{1f600}":1}');
  });

  it('orders a key before those that it begins', () => {
    expect(canonicalOf('{"aa":1,"a":2,"ab":3,"a\\u0000":4}')).toBe('{"a":2,"a\\u0000":4,"aa":1,"ab":3}');
  });

  it('orders at every level, and leaves arrays alone', () => {
    expect(canonicalOf('{"b":[{"d":1,"c":[3,1,2]}],"a":{}}')).toBe('{"a":{},"b":[{"c":[3,1,2],"d":1}]}');
  });

  it.each([
    ['"\\/"', '"/"'],
    ['"\\u00e9"', '"é"'],
    ['"\\u00E9\\uD83D\\uDE00"', '"é😀"'],
    ['"\\u0000"', '"\\u0000"'],
    ['"\\u001F"', '"\\u001f"'],
    ['"\\u000a\\u0009\\u0008\\u000c\\u000d"', '"\\n\\t\\b\\f\\r"'],
    ['"\\u0022\\u005c"', '"\\"\\\\"'],
    ['"\\u007f\\u0080\\u2028\\u2029\\ufeff"', '"\u007f\u0080\u2028\u2029\ufeff"'],
    ['"<>&\'"', '"<>&\'"'],
    [' [ 1 , { } ]\r\n', '[1,{}]'],
  ])('of %s is %s', (source, expected) => expect(canonicalOf(source)).toBe(expected));

  it.each(['"\\ud800"', '"\\udc00"', '"\\udc00\\ud800"', '"a\\ud83d"', '{"\\ud800":1}', '[["\\udfff\\udfff"]]'])(
    'of the lone surrogate in %s is none',
    (source) => {
      expect(canonicalOf(source)).toBe('lone_surrogate');
      expect(() => canonicalJson(JSON.parse(source))).toThrow(NotCanonicalError);
    },
  );

  it.each(versions)('NUL is kept in the content of an event of room version %s, and is in no identifier', (version) => {
    expect(readEvent(version, { content: { body: '@', '\0': '\0' } }, '"\\u0000"')).toBe('ok');
    for (const [key, value] of Object.entries({
      type: 'a\0',
      state_key: '\0',
      sender: '@a\0:one',
      room_id: '!a\0:one',
      prev_events: ['$\0'],
    }))
      expect(readEvent(version, { [key]: value })).toBe(key);
  });
});
