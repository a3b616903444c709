import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentDisposition, contentTypeOf } from './content-headers.ts';

describe('a content type', () => {
  it.each(['image/png', 'text/plain; charset=utf-8', 'application/vnd.x+json'])('%s is kept', (type) =>
    expect(contentTypeOf(type)).toBe(type),
  );

  it.each([undefined, '', 'png', 'a/b\r\nX: y', `a/${'b'.repeat(300)}`, 'a/b; ü'])('%j is unknown', (type) =>
    expect(contentTypeOf(type)).toBe('application/octet-stream'),
  );
});

describe('a disposition', () => {
  it('is inline only for what a browser shows without danger', () => {
    expect(contentDisposition('image/png', undefined)).toBe('inline');
    expect(contentDisposition('IMAGE/PNG; x=y', undefined)).toBe('inline');
    for (const type of [
      'text/html',
      'image/svg+xml',
      'application/pdf',
      'application/octet-stream',
      'application/xhtml+xml',
    ])
      expect(contentDisposition(type, undefined)).toBe('attachment');
  });

  it('carries the file name in the form it needs', () => {
    expect(contentDisposition('image/png', 'cat.png')).toBe('inline; filename=cat.png');
    expect(contentDisposition('image/png', 'my "cat".png')).toBe('inline; filename="my \\"cat\\".png"');
    expect(contentDisposition('image/png', '猫.png')).toBe("inline; filename*=utf-8''%E7%8C%AB.png");
  });

  it('of any name is one header line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        expect(contentDisposition('image/png', name)).toMatch(/^[\x20-\x7e]*$/);
      }),
    );
  });
});
