import { describe, expect, test } from 'vitest';
import { createLogger, type LogLevel } from './logger.ts';
import { redactLine } from './redact.ts';
import { startTracing } from './start-tracing.ts';
import { withRequestId, withSpan } from './tracing.ts';

function logger(level: LogLevel = 'debug') {
  const lines: string[] = [];
  const { log, setLevel } = createLogger({
    service: 'syncapi',
    level,
    destination: { write: (line) => void lines.push(line) },
  });
  return { log, setLevel, last: (): Record<string, unknown> => JSON.parse(lines.at(-1) ?? ''), lines };
}

test('a line is one JSON object with level, time, service, fields and message', () => {
  const { log, last, lines } = logger();
  log.child({ part: 'index' }).warn({ batch: 3 }, 'slow\nbatch');
  expect(last()).toEqual({
    level: 'warn',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    service: 'syncapi',
    part: 'index',
    batch: 3,
    message: 'slow\nbatch',
  });
  expect(lines.at(-1)?.indexOf('\n')).toBe((lines.at(-1)?.length ?? 0) - 1);
});

test('another level holds at once, for loggers that were made before too', () => {
  const { log, setLevel, lines } = logger('warn');
  const child = log.child({ part: 'index' });
  child.info({}, 'too little');
  setLevel('info');
  child.info({}, 'enough');
  setLevel('error');
  child.warn({}, 'too little again');
  expect(lines.map((line) => JSON.parse(line).message)).toEqual(['enough']);
});

test('lines below the level are not written', () => {
  const { log, lines } = logger('warn');
  log.info({}, 'x');
  expect(lines).toEqual([]);
});

test('an error shows its class, code, text, stack and cause', () => {
  const { log, last } = logger();
  const cause = new Error('connection refused');
  log.error({ error: Object.assign(new TypeError('boom', { cause }), { code: 'E_X' }) }, 'failed');
  expect(last()['error']).toMatchObject({
    type: 'TypeError',
    message: 'boom',
    code: 'E_X',
    stack: expect.stringContaining('TypeError: boom'),
    cause: { message: 'connection refused' },
  });
});

test('lines carry the request id, and the trace and span id of a sampled trace', async () => {
  const { log, last } = logger();
  const stop = startTracing({ service: 'test', sampleRatio: 1, exportTo: { onSpan: () => {} } });
  withRequestId('r1', () => withSpan('a', {}, () => log.info({}, 'inside')));
  expect(last()).toMatchObject({
    requestId: 'r1',
    traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
  });
  log.info({}, 'outside');
  expect(last()).not.toHaveProperty('requestId');
  expect(last()).not.toHaveProperty('traceId');
  await stop();
  withRequestId('r2', () => withSpan('a', {}, () => log.info({}, 'without tracing')));
  expect(last()['requestId']).toBe('r2');
});

describe('secrets', () => {
  const secret = 'sw0rdf1sh';

  test.each<[object]>([
    [{ authorization: `Bearer ${secret}` }],
    [{ headers: { deep: { Authorization: secret, authorization: secret } } }],
    [{ access_token: secret }],
    [{ list: [{ accessToken: secret }] }],
    [{ refresh_token: secret }],
    [{ token: secret, as_token: secret, hs_token: secret }],
    [{ password: secret, newPassword: secret, new_password: secret }],
    [{ sharedSecret: secret, client_secret: secret }],
    [{ cookie: secret, mac: secret, nonce: secret }],
    [{ url: `/_matrix/client/v3/sync?access_token=${secret}&since=x` }],
    [{ postgres: `postgres://plexus:${secret}@db:5432/plexus` }],
    [{ text: `sent "Authorization: Bearer ${secret}" to` }],
    [{ password: `with "quotes" and \\ ${secret}` }],
    [{ error: new Error(`GET http://x/?access_token=${secret} failed`) }],
    [{ error: Object.assign(new Error('x'), { config: { token: secret } }) }],
  ])('%j is not written', (fields) => {
    const { log, lines } = logger();
    log.error(fields, `with access_token=${secret}`);
    const [line = ''] = lines;
    expect(line.toLowerCase()).not.toContain(secret);
    expect(line).toContain('[redacted]');
    expect(() => JSON.parse(line)).not.toThrow();
  });

  test('what only looks like one stays: addresses, counts, names of tokens', () => {
    const { log, last } = logger();
    const fields = {
      address: 'http://localhost:8008/_matrix',
      tokens: 3,
      session: 7,
      stream: 'nats://a:4222,nats://b:4222',
    };
    log.info(fields, 'the token expired');
    expect(last()).toMatchObject({ ...fields, message: 'the token expired' });
  });

  test('long lines of any shape cost time in proportion to their length', () => {
    for (const unit of ['"', 'token', '://', ':', 'a', '\\"', '"token":"', 'Bearer ', '://a:', '_']) {
      const startedAt = performance.now();
      redactLine(unit.repeat(200_000 / unit.length));
      expect(performance.now() - startedAt, `made of ${unit}`).toBeLessThan(500);
    }
  });
});

test.each([
  ['an Error', new TypeError('boom'), { type: 'TypeError', message: 'boom' }],
  ['a string', 'boom', { type: 'string', message: 'boom' }],
  ['an object', { code: 7 }, { type: 'object', message: '{"code":7}' }],
  ['nothing', undefined, undefined],
])('the field error is an object, whatever was thrown: %s', (_what, thrown, shown) => {
  const { log, last } = logger();
  log.error({ error: thrown }, 'failed');
  if (shown === undefined) expect(last()).not.toHaveProperty('error');
  else expect(last()['error']).toMatchObject(shown);
});
