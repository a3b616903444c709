import { describe, expect, it } from 'vitest';
import { isInlineType, uploadedContentType } from './content-type.ts';

describe('the content type of an upload', () => {
  it.each(['image/png', 'text/plain; charset=utf-8', 'application/vnd.oasis.opendocument.text'])('%s stays', (type) => {
    expect(uploadedContentType(type)).toBe(type);
  });

  it.each([undefined, '', 'image', 'image/png\r\nX: y', 'ïmage/png', `text/${'x'.repeat(300)}`, 'a/b/c'])(
    '%j is unknown',
    (header) => {
      expect(uploadedContentType(header)).toBe('application/octet-stream');
    },
  );
});

describe('what a browser may show in place', () => {
  it.each(['image/png', 'IMAGE/PNG', 'text/plain; charset=utf-8', 'video/mp4'])('%s', (type) => {
    expect(isInlineType(type)).toBe(true);
  });

  it.each(['text/html', 'image/svg+xml', 'application/xhtml+xml', 'application/pdf', 'text/html; image/png', ''])(
    'never %j',
    (type) => {
      expect(isInlineType(type)).toBe(false);
    },
  );
});
