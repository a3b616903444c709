import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lastPositionOf, toHeaders, toMessages } from './message.ts';
import type { LogStream } from './types.ts';

interface Entry {
  position: number;
  traceparent: string;
  text: string;
}

const stream: LogStream<Entry> = {
  kind: 'log',
  name: 'TEST_LOG',
  subject: 'test.log',
  maxAgeMs: 1_000,
  maxBytes: 1_000,
  producer: 'test',
  consumers: [],
  encode: (entries) => Buffer.from(JSON.stringify(entries)),
  decode: (payload) => JSON.parse(Buffer.from(payload).toString()),
  lineOf: () => undefined,
};
const maxPayload = 10_000;
const entry = (position: number, length: number): Entry => ({ position, traceparent: '', text: 'x'.repeat(length) });

describe('entries become messages', () => {
  test('one when they fit', () => {
    const [message, ...more] = toMessages(stream, [entry(4, 10), entry(5, 10)], maxPayload);
    expect(more).toEqual([]);
    expect(message).toMatchObject({ first: 4, last: 5, count: 2 });
  });

  test('as many as it takes, in order, and none is lost', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 40 }), (lengths) => {
        const entries = lengths.map((length, index) => entry(index + 1, length));
        const messages = toMessages(stream, entries, maxPayload);
        for (const message of messages) expect(message.payload.length).toBeLessThan(maxPayload);
        const decoded = messages.flatMap((message) => stream.decode(message.payload));
        expect(decoded).toEqual(entries);
      }),
      { numRuns: 50 },
    );
  });

  test('of consecutive positions each, when the entries of other writers lie between', () => {
    const messages = toMessages(stream, [entry(1, 1), entry(2, 1), entry(5, 1), entry(7, 1), entry(8, 1)], maxPayload);
    expect(messages.map((message) => [message.first, message.last, message.count])).toEqual([
      [1, 2, 2],
      [5, 5, 1],
      [7, 8, 2],
    ]);
  });

  test('that are too big for any message leave their positions alone', () => {
    const messages = toMessages(stream, [entry(1, 10), entry(2, 20_000), entry(3, 10)], maxPayload);
    expect(messages.map((message) => [message.first, message.last, message.payload.length > 0])).toEqual([
      [1, 1, true],
      [2, 2, false],
      [3, 3, true],
    ]);
  });
});

test('headers carry the positions and the first trace', () => {
  const traced = { ...entry(7, 1), traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
  const [message] = toMessages(stream, [entry(6, 1), traced], maxPayload);
  const headers = message === undefined ? undefined : toHeaders(message);
  expect(lastPositionOf({ headers })).toBe(7);
  expect(headers?.get('traceparent')).toBe(traced.traceparent);
  expect(lastPositionOf({})).toBeUndefined();
});
