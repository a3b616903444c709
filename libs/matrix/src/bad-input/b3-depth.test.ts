import { describe, expect, it } from 'vitest';
import { earlierThan, since, versions } from '../../test/auth-fixtures.ts';
import { readEvent, wireEvent } from '../../test/wire-events.ts';
import { parsePdu } from '../events/parse-pdu.ts';
import { rulesOf } from '../room-versions/room-versions.ts';

describe('B3 the depth of an event', () => {
  it.each(versions)('in room version %s is a number from 0 to 2^53 - 1', (version) => {
    for (const lexeme of ['0', '1', '9007199254740991']) expect(readEvent(version, { depth: '@' }, lexeme)).toBe('ok');
    for (const lexeme of ['-1', '"1"', 'null', '[]', '{}', 'true', `"${'9'.repeat(40)}"`])
      expect(readEvent(version, { depth: '@' }, lexeme)).toBe('depth');
    const { depth: _, ...without } = wireEvent(version);
    expect(parsePdu(JSON.stringify(without), rulesOf(version))).toMatchObject({ error: { key: 'depth' } });
  });

  it.each(since('6'))('in room version %s ends there', (version) => {
    for (const lexeme of ['9007199254740992', '9223372036854775807', '1e3', '-9007199254740993'])
      expect(readEvent(version, { depth: '@' }, lexeme)).toBe('invalid_json');
  });

  it.each(earlierThan('6'))('in room version %s goes on to 2^63 - 1 and no further', (version) => {
    for (const lexeme of ['9007199254740992', '9223372036854775807'])
      expect(readEvent(version, { depth: '@' }, lexeme)).toBe('ok');
    for (const lexeme of ['9223372036854775808', '-9007199254740993', '9007199254740992.0', '1e400', '9'.repeat(400)])
      expect(readEvent(version, { depth: '@' }, lexeme)).toBe('depth');
  });

  it('is kept as a number that 64 bits hold, and is written as it came', () => {
    const text = JSON.stringify(wireEvent('1', { depth: '@' })).replace('"@"', '9223372036854775807');
    const parsed = parsePdu(text, rulesOf('1'));
    if (!parsed.ok) throw new Error(parsed.error.code);
    expect(BigInt(parsed.value.pdu.depth)).toBeLessThan(2n ** 63n);
    expect(BigInt(parsed.value.pdu.depth)).toBeGreaterThan(2n ** 62n);
    expect(parsed.value.json).toContain('"depth":9223372036854775807,');
  });
});
