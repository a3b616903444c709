import { expect, test } from 'vitest';
import { clientKind } from './client-kind.ts';

test.each([
  ['Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0', 'browser'],
  [
    'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Element/1.12.3 Chrome/140.0 Electron/38.1 Safari/537.36',
    'element-desktop',
  ],
  [
    'Element/1.6.44 (Google Pixel 9; Android 16; BP2A; Flavour GooglePlay; MatrixAndroidSdk2 1.6.44)',
    'element-android',
  ],
  ['Element/1.11.32 (iPhone 15; iOS 18.1; Scale/3.00)', 'element-ios'],
  ['Element X/25.11.0 (iPhone 15; iOS 18.1; Scale/3.00)', 'element-x-ios'],
  ['Element X Android/25.11.2 (Google Pixel 9; Android 16; BP2A; Sdk abcdef)', 'element-x-android'],
  ['FluffyChat/2.2.0', 'fluffychat'],
  ['mautrix-python/0.20.8 aiohttp/3.11', 'bridge'],
  ['matrix-nio/0.25', 'bot'],
  ['node', 'library'],
  ['', 'other'],
  ['something nobody has heard of', 'other'],
])('%s is %s', (userAgent, kind) => {
  expect(clientKind(userAgent)).toBe(kind);
});
