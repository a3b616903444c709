import { expect, test } from 'vitest';
import { productVersion, versionFrom } from './version.ts';

test.each([
  ['v1.2.3', '1.2.3'],
  ['1.2.3', '1.2.3'],
  ['v1.2.3-dirty', '1.2.3+dirty'],
  ['v1.2.3-4-g0a1b2c3d4e', '1.2.3+4.g0a1b2c3d4e'],
  ['v2.0.0-rc.1', '2.0.0-rc.1'],
  ['v2.0.0-rc.1-12-g0a1b2c3d4e-dirty', '2.0.0-rc.1+12.g0a1b2c3d4e.dirty'],
  ['0a1b2c3d4e', '0.1.0+g0a1b2c3d4e'],
  ['0a1b2c3d4e-dirty', '0.1.0+g0a1b2c3d4e.dirty'],
  [undefined, '0.1.0'],
])('the commit %s is version %s', (described, version) => {
  expect(versionFrom(described, '0.1.0')).toBe(version);
});

test('two commits are two versions, so that an upgrade that is half done is seen', () => {
  expect(productVersion()).toMatch(/^\d+\.\d+\.\d+(?:-[\w.]+)?(?:\+[\w.]+)?$/);
});
