import { expect, test } from 'vitest';
import { isTag, tagsOf, withoutTag, withTag } from './room-tags.ts';

test('a tag is added, replaced and taken away, and all else stays', () => {
  const one = withTag({ other: 1 }, 'm.favourite', { order: 0.5 });
  const two = withTag(one, 'u.work', {});
  expect(two).toEqual({ other: 1, tags: { 'm.favourite': { order: 0.5 }, 'u.work': {} } });
  expect(tagsOf(withTag(two, 'u.work', { order: 1 }))).toMatchObject({ 'u.work': { order: 1 } });
  expect(withoutTag(two, 'm.favourite')).toEqual({ other: 1, tags: { 'u.work': {} } });
  expect(withoutTag(undefined, 'm.favourite')).toEqual({ tags: {} });
});

test('names that mean something to JavaScript are names', () => {
  expect(Object.keys(tagsOf(withTag(undefined, '__proto__', {})))).toEqual(['__proto__']);
  expect(tagsOf({ tags: 'x' })).toEqual({});
});

test('an order is a number from 0 to 1', () => {
  for (const tag of [{}, { order: 0 }, { order: 1 }, { 'org.x': 'y' }]) expect(isTag(tag)).toBe(true);
  for (const tag of [{ order: -0.1 }, { order: 2 }, { order: '0.5' }, { order: null }]) expect(isTag(tag)).toBe(false);
});
