import pg from 'pg';
import { expect, test } from 'vitest';
import { DatabaseError } from './database-error.ts';

function fromServer(code: string): Error {
  const error = new pg.DatabaseError('message', 7, 'error');
  error.code = code;
  return error;
}

const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

test.each([
  ['a connection that is refused', refused, true],
  ['a server that shuts down', fromServer('57P01'), true],
  ['a server that starts', fromServer('57P03'), true],
  ['a full disk', fromServer('53100'), true],
  ['a server without memory', fromServer('53200'), true],
  ['an I/O error', fromServer('58030'), true],
  ['a serialization failure', fromServer('40001'), true],
  ['a row that is there', fromServer('23505'), false],
  ['a statement that is wrong', fromServer('42601'), false],
  ['bytes that are no text', fromServer('22021'), false],
  ['a value that a parser of columns refuses', new RangeError('beyond 2^53'), false],
  ['a defect of ours', new TypeError('undefined is not a function'), false],
])('temporary errors are told from permanent ones: %s', (_name, cause, temporary) => {
  expect(new DatabaseError('a_statement', cause).retryable).toBe(temporary);
});
