import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentDisposition, uploadedFileName } from './content-disposition.ts';

describe('Content-Disposition', () => {
  it.each([
    ['cat.png', 'inline; filename="cat.png"'],
    ['a "b" \\c', 'inline; filename="a \\"b\\" \\\\c"'],
    ['naïve.txt', 'inline; filename="na_ve.txt"; filename*=UTF-8\'\'na%C3%AFve.txt'],
    ["it's.txt", 'inline; filename="it\'s.txt"'],
    [undefined, 'inline'],
  ])('of %j', (name, header) => {
    expect(contentDisposition('inline', name)).toBe(header);
  });

  it('is one line of visible ASCII whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (name) => {
        const header = contentDisposition('attachment', uploadedFileName(name));
        expect(header).toMatch(/^attachment(; [\x20-\x7e]+)?$/);
      }),
    );
  });
});

describe('file names', () => {
  it.each([
    ['', undefined],
    ['\0\r\n', undefined],
    ['a\r\nSet-Cookie: x', 'aSet-Cookie: x'],
    [null, undefined],
  ])('%j is kept as %j', (name, kept) => {
    expect(uploadedFileName(name)).toBe(kept);
  });

  it('are cut to 255 without half a character', () => {
    expect(uploadedFileName(`${'x'.repeat(254)}😀`)).toBe('x'.repeat(254));
  });
});
