import { expect, it } from 'vitest';
import type { ReceiptInForce } from '../memory/room-memory.ts';
import { receiptEvent, visibleReceipts } from './receipts.ts';

const receipt = (userId: string, eventId: string, more: Partial<ReceiptInForce> = {}): ReceiptInForce => ({
  userId,
  eventId,
  receiptType: 'm.read',
  threadId: undefined,
  ts: 1,
  ...more,
});

it('keeps the last receipt of each user and thread', () => {
  const receipts = [
    receipt('@a:x', '$1'),
    receipt('@a:x', '$2', { ts: 2 }),
    receipt('@a:x', '$1', { threadId: 'main', ts: 3 }),
    receipt('@b:x', '$2', { threadId: '$root', ts: 4 }),
  ];
  expect(receiptEvent(receipts)).toEqual({
    type: 'm.receipt',
    content: {
      $2: { 'm.read': { '@a:x': { ts: 2 }, '@b:x': { ts: 4, thread_id: '$root' } } },
      $1: { 'm.read': { '@a:x': { ts: 3, thread_id: 'main' } } },
    },
  });
});

it('hides private receipts from everybody but their owner', () => {
  const receipts = [receipt('@a:x', '$1', { receiptType: 'm.read.private' }), receipt('@b:x', '$1')];
  expect(visibleReceipts(receipts, '@a:x')).toHaveLength(2);
  expect(visibleReceipts(receipts, '@b:x')).toEqual([receipts[1]]);
});

it('takes ids that are names of an object’s own properties', () => {
  const event = receiptEvent([receipt('__proto__', '__proto__')]);
  expect(JSON.stringify(event)).toBe('{"type":"m.receipt","content":{"__proto__":{"m.read":{"__proto__":{"ts":1}}}}}');
});
