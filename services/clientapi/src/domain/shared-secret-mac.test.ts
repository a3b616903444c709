import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { isMacOf } from './shared-secret-mac.ts';

const registration = { nonce: 'n', username: 'alice', password: 'pw', admin: false, userType: undefined };

function mac(...fields: string[]): string {
  return createHmac('sha1', 'secret').update(fields.join('\0')).digest('hex');
}

test('the MAC covers every field', () => {
  expect(isMacOf(registration, 'secret', mac('n', 'alice', 'pw', 'notadmin'))).toBe(true);
  expect(isMacOf({ ...registration, admin: true }, 'secret', mac('n', 'alice', 'pw', 'admin'))).toBe(true);
  expect(isMacOf({ ...registration, userType: 'bot' }, 'secret', mac('n', 'alice', 'pw', 'notadmin', 'bot'))).toBe(
    true,
  );
  expect(isMacOf({ ...registration, admin: true }, 'secret', mac('n', 'alice', 'pw', 'notadmin'))).toBe(false);
  expect(isMacOf({ ...registration, userType: 'bot' }, 'secret', mac('n', 'alice', 'pw', 'notadmin'))).toBe(false);
  expect(isMacOf(registration, 'other', mac('n', 'alice', 'pw', 'notadmin'))).toBe(false);
});

test('fields cannot be shifted into one another', () => {
  const valid = mac('n', 'alice', 'pw', 'admin', 'notadmin');
  expect(isMacOf({ ...registration, password: 'pw\0admin' }, 'secret', valid)).toBe(false);
  expect(isMacOf({ ...registration, username: 'alice\0pw', password: 'admin' }, 'secret', valid)).toBe(false);
});

test('what is no MAC at all is refused', () => {
  for (const text of ['', 'zz', mac('x').slice(1), `${mac('n', 'alice', 'pw', 'notadmin')}zz`])
    expect(isMacOf(registration, 'secret', text)).toBe(false);
});
