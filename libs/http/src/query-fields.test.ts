import { expect, test } from 'vitest';
import { optionalQueryInteger, queryBoolean, queryInteger } from './query-fields.ts';

const query = (text: string) => new URLSearchParams(text);
const refused = (errcode: string) => expect.objectContaining({ status: 400, errcode });

test.each([
  ['limit=0', 0],
  ['limit=10', 10],
  ['limit=007', 7],
  ['limit=999999999999999', 999],
  ['', undefined],
])('a whole number of the query: %s is %s', (text, value) => {
  expect(optionalQueryInteger(query(text), 'limit', { atMost: 999 })).toBe(value);
});

test.each(['', '-1', '+1', '1.5', '1e3', '0x10', ' 1', '1 ', 'ten', '٣', '9'.repeat(16), 'NaN', 'Infinity'])(
  'what is no whole number is refused: %j',
  (text) => {
    const given = query(`limit=${encodeURIComponent(text)}`);
    expect(() => optionalQueryInteger(given, 'limit')).toThrow(refused('M_INVALID_PARAM'));
  },
);

test('a number below its minimum is refused, an absent one is missing', () => {
  expect(() => queryInteger(query('width=0'), 'width', { min: 1 })).toThrow(refused('M_INVALID_PARAM'));
  expect(() => queryInteger(query(''), 'width')).toThrow(refused('M_MISSING_PARAM'));
  expect(queryInteger(query('width=5000'), 'width', { min: 1, atMost: 2_048 })).toBe(2_048);
});

test.each([
  ['', false],
  ['full_state=false', false],
  ['full_state=true', true],
])('a boolean of the query: %j is %s', (text, value) => {
  expect(queryBoolean(query(text), 'full_state')).toBe(value);
});

test.each(['', '1', 'True', 'yes', 'null'])('what is no boolean is refused: %j', (text) => {
  expect(() => queryBoolean(query(`full_state=${text}`), 'full_state')).toThrow(refused('M_INVALID_PARAM'));
});
