import { expect, test } from 'vitest';
import { roomLog, topology } from './topology.ts';

test('no two streams share a name or a subject, and no subject contains another', () => {
  expect(new Set(topology.map((stream) => stream.name)).size).toBe(topology.length);
  for (const stream of topology) {
    for (const other of topology) {
      if (other !== stream) expect(`${other.subject}.`.startsWith(`${stream.subject}.`)).toBe(false);
    }
  }
});

test('every log is bounded, all together below 1 GiB, and nothing of a broadcast is kept', () => {
  const logs = topology.filter((stream) => stream.kind === 'log');
  for (const stream of logs) expect(stream.maxAgeMs > 0 && stream.maxBytes > 0, stream.name).toBe(true);
  expect(logs.reduce((sum, stream) => sum + stream.maxBytes, 0)).toBeLessThanOrEqual(1024 ** 3);
  for (const stream of topology) {
    if (stream.kind === 'broadcast') expect([stream.maxAgeMs, stream.maxBytes]).toEqual([0, 0]);
  }
});

test('every stream has a producer and somebody who listens', () => {
  for (const stream of topology) {
    expect(stream.producer, stream.name).not.toBe('');
    expect(stream.consumers.length, stream.name).toBeGreaterThan(0);
  }
});

test('what a log encodes it decodes', () => {
  const entries = [
    { position: 1, traceparent: '', kind: { $case: 'roomDeleted' as const, value: { roomId: '!r:x' } } },
  ];
  expect(roomLog.decode(roomLog.encode(entries))).toEqual(entries);
});
