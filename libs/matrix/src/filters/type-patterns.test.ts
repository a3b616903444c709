import { describe, expect, it } from 'vitest';
import { parseFilter, parseRoomEventFilter } from './parse-filter.ts';
import {
  compileTypePatterns,
  isAcceptablePatterns,
  MAX_WILDCARD_PATTERNS,
  MAX_WILDCARD_TEXT,
  MAX_WILDCARDS,
} from './type-patterns.ts';

/** The patterns that take longest: long pieces that nearly fit, the last of which is nowhere. */
const slow = (count: number) => Array.from({ length: count }, (_, n) => `*${'a'.repeat(250)}${n % 10}*b`);
const most = Math.floor(MAX_WILDCARD_TEXT / 254);

describe('the work that a stored filter makes is bounded', { timeout: 60_000 }, () => {
  it('by the number and length of its patterns', () => {
    expect(isAcceptablePatterns(slow(most))).toBe(true);
    expect(isAcceptablePatterns(slow(most + 1))).toBe(false);
    expect(isAcceptablePatterns(Array(MAX_WILDCARD_PATTERNS).fill('m.*'))).toBe(true);
    expect(isAcceptablePatterns(Array(MAX_WILDCARD_PATTERNS + 1).fill('m.*'))).toBe(false);
    expect(isAcceptablePatterns(['*a'.repeat(MAX_WILDCARDS)])).toBe(true);
    expect(isAcceptablePatterns(['*a'.repeat(MAX_WILDCARDS), '*'])).toBe(false);
    expect(isAcceptablePatterns(Array.from({ length: 1000 }, (_, n) => `m.type${n}`))).toBe(true);
    for (const key of ['types', 'not_types']) {
      const refused = { ok: false, error: { code: 'invalid_filter', key } };
      expect(parseRoomEventFilter({ [key]: slow(280) })).toEqual(refused);
      for (const list of ['presence', 'account_data'])
        expect(parseFilter({ [list]: { [key]: slow(280) } })).toEqual(refused);
      for (const list of ['timeline', 'state', 'ephemeral', 'account_data'])
        expect(parseFilter({ room: { [list]: { [key]: slow(280) } } })).toEqual(refused);
    }
  });

  it('for events of a few types, and for events of a new type each', () => {
    const { matches } = compileTypePatterns(slow(most));
    const types = Array.from({ length: 20 }, (_, n) => `${'a'.repeat(250)}${n}`);
    const start = process.cpuUsage();
    let matched = 0;
    for (let n = 0; n < 200_000; n++) if (matches(types[n % types.length] ?? '')) matched++;
    for (let n = 0; n < 2000; n++) if (matches(`${'a'.repeat(250)}${n + 100}`)) matched++;
    expect(process.cpuUsage(start).user / 1e6).toBeLessThan(2);
    expect(matched).toBe(0);
  });

  it('and the remembered verdicts are those of the patterns', () => {
    const { matches } = compileTypePatterns(['m.exact', 'm.*.mid', 'pre*']);
    for (let round = 0; round < 2; round++) {
      expect(['m.exact', 'm.x.mid', 'prefix'].map(matches)).toEqual([true, true, true]);
      expect(['m.exacts', 'm.x.mi', 'apre'].map(matches)).toEqual([false, false, false]);
      for (let n = 0; n < 1000; n++) matches(`other${n}`);
    }
  });
});
