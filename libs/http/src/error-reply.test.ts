import { expect, test } from 'vitest';
import { errorReply } from './error-reply.ts';
import { errors } from './errors.ts';

const lines: string[] = [];
const note = (level: string) => (fields: object) => void lines.push(`${level} ${Object.keys(fields).join()}`);
const log = { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error'), child: () => log };
const temporary = Object.assign(new Error('secret text'), { retryable: true });

test.each([
  ['a temporary error', temporary, 503, 'warn'],
  ['a defect', new TypeError('secret text'), 500, 'error'],
  ['an error of the system with a code', Object.assign(new Error('secret text'), { code: 'EACCES' }), 500, 'error'],
  ['text that cannot be stored', Object.assign(new Error('secret text'), { code: 'INVALID_ARGUMENT' }), 400, undefined],
  ['an error on purpose', errors.forbidden(), 403, undefined],
])(
  'a request that fails with %s is answered with its status and logged without a word to the client',
  (_name, error, status, level) => {
    lines.length = 0;
    const reply = errorReply(error, 'client.sync', log);
    expect(reply).toMatchObject({ kind: 'json', status });
    expect(JSON.stringify(reply)).not.toContain('secret text');
    expect(lines.map((line) => line.split(' ')[0])).toEqual(level === undefined ? [] : [level]);
    const { headers = {} } = reply;
    expect('Retry-After' in headers).toBe(status === 503);
  },
);
