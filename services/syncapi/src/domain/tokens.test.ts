import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPaginationToken, formatPlace, parsePaginationToken } from './pagination-token.ts';
import { formatSyncToken, isReached, parseSyncToken, syncTokens, tokenLogs } from './sync-token.ts';
import { behindAll } from './timeline-place.ts';

const natural = fc.nat({ max: Number.MAX_SAFE_INTEGER });

describe('sync tokens', () => {
  it('read back as they were written', () => {
    fc.assert(
      fc.property(natural, natural, natural, natural, natural, (generation, room, user, receipt, typing) => {
        const position = { room, user, receipt, typing };
        expect(parseSyncToken(formatSyncToken(generation, position), generation)).toEqual({
          kind: 'position',
          position,
        });
      }),
    );
  });

  it.each([
    ['', 's', 's1', 's1_2_3_4', 's1_2_3_4_5_6', 's1_2_3_4_', 't1_2'],
    ['s1_-2_3_4_5', 's1_+2_3_4_5', 's1_02_3_4_5', 's1_2.5_3_4_5', 's1_1e3_3_4_5', 's1_0x2_3_4_5', ' s1_2_3_4_5'],
    ['s1_18446744073709551616_3_4_5', 's1_9007199254740992_3_4_5', `s1_${'9'.repeat(300)}_3_4_5`, 's72594_4483_1934'],
    ['s1_٣_3_4_5', 's1_2_3_4_5\n', 'null', '{}', 's1_2_3_4_5;DROP TABLE'],
  ])('refuses what it never wrote', (...tokens) => {
    for (const token of tokens) expect(parseSyncToken(token, 1)).toEqual({ kind: 'refused', problem: 'malformed' });
  });

  it('never throws on any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(parseSyncToken(`s${text}`, 1)).toBeDefined();
        expect(parsePaginationToken(text, 1)).toBeDefined();
      }),
    );
  });

  it('know the generation: an earlier one starts anew, a later one is unknown', () => {
    expect(parseSyncToken('s1_2_3_4_5', 2)).toEqual({ kind: 'olderGeneration' });
    expect(parseSyncToken('s3_2_3_4_5', 2)).toEqual({ kind: 'refused', problem: 'unknown' });
  });

  it('of the first format stay valid whatever logs are added, and are written alike', () => {
    const firstFormat = ['room', 'user', 'receipt', 'typing'];
    expect(tokenLogs.slice(0, 4).map(({ name }) => name)).toEqual(firstFormat);
    const parsed = parseSyncToken('s1_2_3_4_5', 1);
    expect(parsed).toMatchObject({ kind: 'position', position: { room: 2, user: 3, receipt: 4, typing: 5 } });
    if (parsed.kind === 'position') expect(formatSyncToken(1, parsed.position)).toBe('s1_2_3_4_5');
  });

  it('grow by a log without breaking tokens of before, and are read by a version that does not know it', () => {
    const grown = syncTokens([...tokenLogs, { name: 'to_device', letter: 'd', whenAbsent: 7 }]);
    const old = { room: 2, user: 3, receipt: 4, typing: 5 };
    expect(grown.parse('s1_2_3_4_5', 1)).toEqual({ kind: 'position', position: { ...old, to_device: 7 } });
    const token = grown.format(1, { ...old, to_device: 9 });
    expect(token).toBe('s1_2_3_4_5_d9');
    expect(grown.parse(token, 1)).toEqual({ kind: 'position', position: { ...old, to_device: 9 } });
    expect(parseSyncToken(token, 1)).toEqual({ kind: 'position', position: old });
    for (const bad of ['s1_2_3_4_5_d', 's1_2_3_4_5_d09', 's1_2_3_4_5_d1_d2', 's1_2_3_4_5_D1', 's1_2_3_4_d1'])
      expect(grown.parse(bad, 1)).toEqual({ kind: 'refused', problem: 'malformed' });
  });

  it('are reached when every log is', () => {
    const reached = { room: 5, user: 5, receipt: 5, typing: 0 };
    expect(isReached({ room: 5, user: 5, receipt: 5, typing: 9 }, reached)).toBe(true);
    expect(isReached({ room: 6, user: 0, receipt: 0, typing: 0 }, reached)).toBe(false);
    expect(isReached({ room: 0, user: 6, receipt: 0, typing: 0 }, reached)).toBe(false);
    expect(isReached({ room: 0, user: 0, receipt: 6, typing: 0 }, reached)).toBe(false);
  });
});

describe('pagination tokens', () => {
  it('read back as they were written', () => {
    fc.assert(
      fc.property(natural, natural, (generation, position) => {
        const token = formatPaginationToken(generation, position);
        expect(parsePaginationToken(token, generation)).toEqual({ kind: 'place', place: behindAll(position) });
      }),
    );
    fc.assert(
      fc.property(natural, natural, natural, natural, (generation, position, depth, entry) => {
        const place = { position, depth, entry };
        const token = formatPlace(generation, place);
        const read = entry === Number.MAX_SAFE_INTEGER ? behindAll(position) : place;
        expect(parsePaginationToken(token, generation)).toEqual({ kind: 'place', place: read });
      }),
    );
  });

  it('may be sync tokens', () => {
    expect(parsePaginationToken('s1_7_3_4_5', 1)).toEqual({ kind: 'place', place: behindAll(7) });
  });

  it('of another generation are unknown', () => {
    expect(parsePaginationToken('t1_7', 2)).toEqual({ kind: 'refused', problem: 'unknown' });
    expect(parsePaginationToken('s1_7_3_4_5', 2)).toEqual({ kind: 'refused', problem: 'unknown' });
  });

  it.each(['', 't', 't1', 't1_', 't1_-7', 't1_7_8', 't1_7_8_9_1', 'x1_7', 't1_18446744073709551616'])(
    'refuses %j',
    (token) => {
      expect(parsePaginationToken(token, 1)).toEqual({ kind: 'refused', problem: 'malformed' });
    },
  );
});
