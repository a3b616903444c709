import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatTraceparent, parseTraceparent } from './traceparent.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';

test('what is written is read back', () => {
  for (const traceFlags of [0, 1]) {
    const parsed = parseTraceparent(formatTraceparent({ traceId, spanId, traceFlags }));
    expect(parsed).toEqual({ traceId, spanId, traceFlags, isRemote: true });
  }
});

test('of the flags only the sampled one counts; a later version may say more', () => {
  expect(parseTraceparent(`00-${traceId}-${spanId}-03`)?.traceFlags).toBe(1);
  expect(parseTraceparent(`01-${traceId}-${spanId}-01-more`)?.spanId).toBe(spanId);
});

test.each([
  '',
  'x',
  `00-${traceId}-${spanId}`,
  `00-${traceId}-${spanId}-01-more`,
  `ff-${traceId}-${spanId}-01`,
  `00-${traceId.toUpperCase()}-${spanId}-01`,
  `00-${'0'.repeat(32)}-${spanId}-01`,
  `00-${traceId}-${'0'.repeat(16)}-01`,
  `01-${traceId}-${spanId}-01-${'x'.repeat(300)}`,
])('%j is none', (traceparent) => {
  expect(parseTraceparent(traceparent)).toBeUndefined();
});

test('no text makes it throw', () => {
  fc.assert(fc.property(fc.string({ maxLength: 300 }), (text) => void parseTraceparent(text)));
});
