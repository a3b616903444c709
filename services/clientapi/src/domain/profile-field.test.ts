import { expect, test } from 'vitest';
import { newProfileField } from './profile-field.ts';

test('a name or avatar is a string; absent, null or empty it is taken away', () => {
  expect(newProfileField('displayname', { displayname: 'A' })).toEqual({ kind: 'value', value: 'A' });
  for (const body of [{}, { displayname: null }, { displayname: '' }])
    expect(newProfileField('displayname', body)).toEqual({ kind: 'value', value: '' });
  expect(newProfileField('avatar_url', { avatar_url: 1 })).toEqual({ kind: 'refused', error: 'not_a_string' });
});

test('other fields hold any value, under a name of the grammar', () => {
  expect(newProfileField('m.tz', { 'm.tz': 'Europe/London' })).toEqual({ kind: 'value', value: 'Europe/London' });
  expect(newProfileField('org.x', { 'org.x': { a: [1] } })).toEqual({ kind: 'value', value: { a: [1] } });
  expect(newProfileField('m.tz', { other: 1 })).toEqual({ kind: 'refused', error: 'missing' });
  for (const name of ['', 'Upper', '1st', 'a b', '__proto__', 'a'.repeat(256)])
    expect(newProfileField(name, { [name]: 1 })).toEqual({ kind: 'refused', error: 'bad_name' });
});
