import { expect, test } from 'vitest';
import { RpcError } from './rpc-error.ts';

const outage = Object.assign(new Error('secret text'), { retryable: true });
const overload = Object.assign(new Error('secret text'), { retryable: true, code: 'RESOURCE_EXHAUSTED' });
const refusedConnection = Object.assign(new Error('secret text'), { retryable: true, code: 'ECONNREFUSED' });
const unstorable = Object.assign(new Error('secret text'), { code: 'INVALID_ARGUMENT' });
const defect = new TypeError('secret text');

test.each([
  ['a temporary error', outage, 'UNAVAILABLE'],
  ['a temporary error that names its code', overload, 'RESOURCE_EXHAUSTED'],
  ['a temporary error with a code of the system', refusedConnection, 'UNAVAILABLE'],
  ['an error at which the request is at fault', unstorable, 'INVALID_ARGUMENT'],
  ['a defect', defect, 'INTERNAL'],
  ['what is no error', 'secret text', 'INTERNAL'],
  ['an error of a call that the method made itself', new RpcError('ABORTED', 'why'), 'ABORTED'],
])('the caller of a method that failed with %s learns the code alone', (_name, error, code) => {
  const seen = RpcError.of(error, 'Userapi/GetDevices');
  expect(seen.code).toBe(code);
  expect(seen.retryable).toBe(!['INTERNAL', 'INVALID_ARGUMENT'].includes(code));
  expect(seen.message).not.toContain('secret text');
});
