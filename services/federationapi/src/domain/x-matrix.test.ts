import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatXMatrix, parseXMatrix } from './x-matrix.ts';

const header = 'X-Matrix origin="a.org",destination="b.org:1",key="ed25519:1",sig="c2ln"';

describe('an X-Matrix header', () => {
  it('is read and written the same', () => {
    const parsed = parseXMatrix(header);
    expect(parsed).toEqual({ origin: 'a.org', destination: 'b.org:1', keyId: 'ed25519:1', signature: 'c2ln' });
    expect(parsed && formatXMatrix(parsed)).toBe(header);
  });

  it.each([
    'X-Matrix origin=a.org,key="ed25519:1",sig=c2ln',
    'x-matrix  sig="c2ln" , KEY="ed25519:1", origin="a.org"',
    'X-Matrix origin="a\\.org",key="ed25519:1",sig="c2ln",unknown="x, y"',
  ])('may be spelled %s', (text) => expect(parseXMatrix(text)?.origin).toBe('a.org'));

  it.each([
    '',
    'Bearer token',
    'X-Matrix ',
    'X-Matrix origin="a.org",key="ed25519:1"',
    'X-Matrix origin="a.org",origin="b.org",key="ed25519:1",sig="s"',
    'X-Matrix origin="a b",key="ed25519:1",sig="s"',
    'X-Matrix origin="a.org",destination="",key="ed25519:1",sig="s"',
    'X-Matrix origin="a.org",key="rsa:1",sig="s"',
    'X-Matrix origin="a.org,key="ed25519:1",sig="s"',
    `X-Matrix origin="a.org",key="ed25519:1",sig="${'s'.repeat(9000)}"`,
  ])('is refused as %j', (text) => expect(parseXMatrix(text)).toBeUndefined());

  it('of any text is answered in linear time and without an exception', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseXMatrix(`X-Matrix ${text}`)));
    const times = Array.from({ length: 5 }, () => {
      const started = performance.now();
      parseXMatrix(`X-Matrix origin="${'\\'.repeat(8000)}`);
      parseXMatrix(`X-Matrix ${' \t'.repeat(4000)}`);
      return performance.now() - started;
    });
    expect(Math.min(...times)).toBeLessThan(100);
  });
});
