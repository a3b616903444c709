import type { ReceiptLogEntry } from '@plexus/contracts/streams/receipt-log';
import type { MemoryIndex, Woken } from '../memory/memory-index.ts';
import type { Listener, ReceiptEntry, ReceiptInForce, RoomMemory } from '../memory/room-memory.ts';
import { readReceipts } from '../storage/receipts.ts';
import type { SyncSources } from './sources.ts';
import { type SyncQuery, syncStream } from './stream.ts';
import type { SyncParts } from './sync-parts.ts';
import { traceparentsOf } from './traceparents.ts';

/** Receipts of one room, in order, that its receiver may know of. */
interface RoomReceipts {
  readonly roomId: string;
  readonly receipts: readonly ReceiptInForce[];
  /** Makes the text once for all receivers of the same receipts, where memory has a place to keep it. */
  textOnce(build: () => string): string;
}

/** Receipts in `ephemeral`, private ones for their owner alone. Client-server API, "Receipts". */
export const receipts = syncStream<readonly RoomReceipts[]>({
  name: 'receipts',
  log: 'receipt',
  recall,
  load,
  tell,
});

/** Takes receipts of the log into memory. @returns the users whom they concern */
export function applyReceipts(memory: MemoryIndex, entries: readonly ReceiptLogEntry[]): Woken {
  const users = new Set<Listener>();
  for (const entry of entries) {
    const { position, roomId, receiptType, userId, threadId } = entry;
    if (position <= memory.position.receipt) continue;
    memory.advanceTo('receipt', position);
    // The entries of a deleted room have no room id.
    if (roomId === '') continue;
    const room = memory.room(roomId);
    memory.receipts.add(room.receipts, { ...entry, threadId }, receiptBytes);
    room.lastReceipt = position;
    room.changed();
    for (const user of room.listeners) {
      if (receiptType === 'm.read.private' && user.userId !== userId) continue;
      user.touch('receipt', position);
      users.add(user);
    }
  }
  return { users, traceparents: traceparentsOf(entries) };
}

const receiptBytes = 300;

function recall({ rooms, since, user }: SyncQuery, memory: MemoryIndex): RoomReceipts[] | undefined {
  if (since === undefined || rooms.entered.length > 0 || since.receipt < memory.receipts.floor) return undefined;
  const found: RoomReceipts[] = [];
  for (const room of rooms.stayed) {
    if (room.lastReceipt <= since.receipt) continue;
    const visible = visibleReceipts(room.receipts.after(since.receipt), user.userId);
    if (visible.length > 0) found.push(shared(room, visible));
  }
  return found;
}

/** Receivers who see the same receipts share their text; with private ones among them it is the owner's alone. */
function shared(room: RoomMemory, visible: readonly ReceiptEntry[]): RoomReceipts {
  const isPrivate = visible.some(({ receiptType }) => receiptType === 'm.read.private');
  const key = `receipts ${visible[0]?.position ?? 0}`;
  return {
    roomId: room.roomId,
    receipts: visible,
    textOnce: (build) => (isPrivate ? build() : room.builtOnce(key, build)),
  };
}

async function load({ rooms, since, upTo, user }: SyncQuery, { database }: SyncSources): Promise<RoomReceipts[]> {
  const read = (roomIds: string[], after: number) =>
    roomIds.length === 0
      ? new Map<string, ReceiptInForce[]>()
      : readReceipts(database, { roomIds, after, upTo: upTo.receipt, userId: user.userId });
  const stayed = since === undefined ? [] : [...rooms.stayed].map(({ roomId }) => roomId);
  // A room that is new to the client comes with every receipt in force.
  const entered = rooms.entered.map(({ room }) => room.roomId);
  const found = await Promise.all([read(stayed, since?.receipt ?? 0), read(entered, 0)]);
  return found.flatMap((map) =>
    [...map].map(([roomId, ofRoom]) => ({ roomId, receipts: ofRoom, textOnce: (build: () => string) => build() })),
  );
}

function tell(found: readonly RoomReceipts[], { filter }: SyncQuery, parts: SyncParts): void {
  for (const { roomId, receipts: ofRoom, textOnce } of found) {
    if (!filter.ephemeral.matches({ type: 'm.receipt', sender: undefined, roomId, hasUrl: false })) continue;
    parts.addEphemeral(
      roomId,
      textOnce(() => JSON.stringify(receiptEvent(ofRoom))),
    );
  }
}

/** The receipts that this user may know of: private ones are their owner's alone. */
export function visibleReceipts<Receipt extends ReceiptInForce>(
  all: readonly Receipt[],
  userId: string,
): readonly Receipt[] {
  if (!all.some((receipt) => isForeignPrivate(receipt, userId))) return all;
  return all.filter((receipt) => !isForeignPrivate(receipt, userId));
}

function isForeignPrivate(receipt: ReceiptInForce, userId: string): boolean {
  return receipt.receiptType === 'm.read.private' && receipt.userId !== userId;
}

/** The `m.receipt` event of receipts in order; of those of one user, type and thread the last counts. Client-server API, "Receipts". */
export function receiptEvent(all: readonly ReceiptInForce[]): object {
  const newest = new Map<string, ReceiptInForce>();
  for (const receipt of all) {
    newest.set(`${receipt.receiptType} ${receipt.threadId ?? ''} ${receipt.userId}`, receipt);
  }
  const content = new Map<string, Map<string, Map<string, object>>>();
  for (const { eventId, receiptType, userId, threadId, ts } of newest.values()) {
    const ofEvent = entryOf(content, eventId, () => new Map<string, Map<string, object>>());
    const ofType = entryOf(ofEvent, receiptType, () => new Map<string, object>());
    // A user may have an unthreaded and a threaded receipt on the same event; the content has room for one of them.
    if (threadId === undefined || !ofType.has(userId)) {
      ofType.set(userId, threadId === undefined ? { ts } : { ts, thread_id: threadId });
    }
  }
  return { type: 'm.receipt', content: plain(content) };
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
