import { expect, test } from 'vitest';
import {
  integerField,
  objectField,
  optionalBoolean,
  optionalInteger,
  optionalString,
  stringArray,
  stringField,
} from './body-fields.ts';

test('what is missing is named', () => {
  expect(() => stringField({}, 'room_id')).toThrow(
    expect.objectContaining({ errcode: 'M_MISSING_PARAM', message: 'room_id is missing' }),
  );
  expect(() => stringField({ room_id: null }, 'room_id')).toThrow(
    expect.objectContaining({ errcode: 'M_MISSING_PARAM' }),
  );
  expect(optionalString({}, 'room_id')).toBeUndefined();
});

test('a wrong type is M_BAD_JSON with the key named', () => {
  const badJson = (key: string) =>
    expect.objectContaining({ status: 400, errcode: 'M_BAD_JSON', message: expect.stringContaining(key) });
  expect(() => stringField({ a: 1 }, 'a')).toThrow(badJson('a'));
  expect(() => integerField({ a: '1' }, 'a')).toThrow(badJson('a'));
  expect(() => integerField({ a: 1.5 }, 'a')).toThrow(badJson('a'));
  expect(() => integerField({ a: 2 ** 53 }, 'a')).toThrow(badJson('a'));
  expect(() => optionalBoolean({ a: 'true' }, 'a')).toThrow(badJson('a'));
  expect(() => objectField({ a: [] }, 'a')).toThrow(badJson('a'));
  expect(() => stringArray({ a: ['x', 1] }, 'a')).toThrow(badJson('a'));
});

test('limits are counted in bytes and named', () => {
  expect(stringField({ a: 'ää' }, 'a', { max: 4 })).toBe('ää');
  expect(() => stringField({ a: 'ää' }, 'a', { max: 3 })).toThrow(
    expect.objectContaining({ errcode: 'M_INVALID_PARAM' }),
  );
  expect(() => optionalInteger({ a: -1 }, 'a', { min: 0 })).toThrow(
    expect.objectContaining({ errcode: 'M_INVALID_PARAM' }),
  );
});

test('what an object inherits is not in the body', () => {
  expect(optionalString({}, 'constructor')).toBeUndefined();
  expect(optionalString({}, 'toString')).toBeUndefined();
});
