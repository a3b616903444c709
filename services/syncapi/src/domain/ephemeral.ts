import type { ReceiptEntry, RoomTyping } from '../memory/room-memory.ts';
import type { EventFilter } from './filter.ts';

/** A receipt in force, from memory or from the table. */
export type ReceiptInForce = Omit<ReceiptEntry, 'position'>;

/** The receipts this user may know of: private ones are their owner's alone. */
export function visibleReceipts<Receipt extends ReceiptInForce>(
  receipts: readonly Receipt[],
  userId: string,
): readonly Receipt[] {
  if (!receipts.some((receipt) => isForeignPrivate(receipt, userId))) return receipts;
  return receipts.filter((receipt) => !isForeignPrivate(receipt, userId));
}

function isForeignPrivate(receipt: ReceiptInForce, userId: string): boolean {
  return receipt.receiptType === 'm.read.private' && receipt.userId !== userId;
}

/** The `m.receipt` event of receipts in order; of those of one user, type and thread the last counts. Client-server API, "Receipts". */
export function receiptEvent(receipts: readonly ReceiptInForce[]): object {
  const newest = new Map<string, ReceiptInForce>();
  for (const receipt of receipts) {
    newest.set(`${receipt.receiptType} ${receipt.threadId ?? ''} ${receipt.userId}`, receipt);
  }
  const content = new Map<string, Map<string, Map<string, object>>>();
  for (const { eventId, receiptType, userId, threadId, ts } of newest.values()) {
    const ofEvent = entryOf(content, eventId, () => new Map<string, Map<string, object>>());
    const ofType = entryOf(ofEvent, receiptType, () => new Map<string, object>());
    // One user may have an unthreaded and a threaded receipt on the same event; the content has place for one.
    if (threadId === undefined || !ofType.has(userId)) {
      ofType.set(userId, threadId === undefined ? { ts } : { ts, thread_id: threadId });
    }
  }
  return { type: 'm.receipt', content: plain(content) };
}

export function typingEvent(typing: RoomTyping | undefined): object {
  return { type: 'm.typing', content: { user_ids: typing?.userIds ?? [] } };
}

/** The `ephemeral` field of a room with a comma before it, or nothing. */
export function ephemeralText(
  receipts: readonly ReceiptInForce[],
  typing: RoomTyping | undefined,
  filter: EventFilter,
  roomId: string,
): string {
  const events: string[] = [];
  const wanted = (type: string) => filter.matches({ type, sender: undefined, roomId, hasUrl: false });
  if (typing !== undefined && wanted('m.typing')) events.push(JSON.stringify(typingEvent(typing)));
  if (receipts.length > 0 && wanted('m.receipt')) events.push(JSON.stringify(receiptEvent(receipts)));
  return events.length === 0 ? '' : `,"ephemeral":{"events":[${events.join(',')}]}`;
}

function entryOf<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/** Maps as JSON objects; `__proto__` is a key like any other. */
function plain(map: Map<string, unknown>): object {
  return Object.fromEntries([...map].map(([key, value]) => [key, value instanceof Map ? plain(value) : value]));
}
