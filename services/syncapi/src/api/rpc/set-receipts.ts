import type { MatrixError } from '@plexus/contracts/common';
import type { Receipt, SetReceiptsRequest, SetReceiptsResponse } from '@plexus/contracts/syncapi';
import { isEventId } from '@plexus/matrix';
import type { OtherServices } from '../../clients/other-services.ts';
import type { EventStore } from '../../clients/roomserver.ts';
import type { MemoryIndex } from '../../memory/memory-index.ts';
import type { ReceiptWriter } from '../../producers/receipt-log.ts';
import type { NewReceipt } from '../../storage/receipts.ts';
import type { SyncMetrics } from '../../telemetry.ts';

export interface ReceiptContext {
  readonly memory: MemoryIndex;
  readonly events: EventStore;
  readonly roomserver: OtherServices['roomserver'];
  readonly userapi: OtherServices['userapi'];
  readonly receipts: ReceiptWriter;
  readonly metrics: SyncMetrics;
}

const ephemeralTypes = new Set(['m.read', 'm.read.private']);
const maxPerRequest = 100;

/**
 * Sets receipts and fully-read markers. Answers when they are durable.
 *
 * `m.fully_read` is account data of the room, so it goes to userapi and comes to /sync by the user log. A receipt whose event is not known, or
 * not of the room, is dropped without a word, as is one that would move backwards: clients race each other, and what names nothing must not
 * fill a table. Client-server API, "Receipts" and "Fully read markers".
 */
export async function setReceipts(
  context: ReceiptContext,
  { receipts }: SetReceiptsRequest,
): Promise<SetReceiptsResponse> {
  const refusedFor = refusalOf(receipts) ?? (await membershipRefusal(context, receipts));
  if (refusedFor !== undefined) return { error: refusedFor };
  for (const { userId, roomId, eventId, receiptType } of receipts) {
    if (receiptType !== 'm.fully_read') continue;
    const content = JSON.stringify({ event_id: eventId });
    const { error } = await context.userapi.setAccountData({ userId, roomId, type: receiptType, content });
    if (error !== undefined) return { error };
  }
  const known = await withPositions(
    context,
    receipts.filter(({ receiptType }) => ephemeralTypes.has(receiptType)),
  );
  if (known.length > 0) await context.receipts.store(known);
  context.metrics.receipts('accepted', known.length);
  return {};
}

function refusalOf(receipts: readonly Receipt[]): MatrixError | undefined {
  if (receipts.length > maxPerRequest) return invalid(`more than ${maxPerRequest} receipts at once`);
  for (const { receiptType, eventId, threadId } of receipts) {
    if (!ephemeralTypes.has(receiptType) && receiptType !== 'm.fully_read') return invalid('unknown receipt type');
    if (!isEventId(eventId)) return invalid('the event id is not valid');
    if (threadId === undefined) continue;
    if (receiptType === 'm.fully_read') return invalid('a fully read marker has no thread');
    if (threadId !== 'main' && !isEventId(threadId)) return invalid('the thread id is not valid');
  }
  return undefined;
}

/** Only members read. Who joined a moment ago may not be in memory yet, so roomserver has the last word. */
async function membershipRefusal(
  { memory, roomserver }: ReceiptContext,
  receipts: readonly Receipt[],
): Promise<MatrixError | undefined> {
  const unsure = receipts.filter(
    ({ userId, roomId }) => memory.users.get(userId)?.memberships.get(roomId)?.membership !== 'join',
  );
  if (unsure.length === 0) return undefined;
  const { memberships } = await roomserver.queryMemberships({
    userIds: [...new Set(unsure.map(({ userId }) => userId))],
    memberships: ['join'],
    roomIds: [...new Set(unsure.map(({ roomId }) => roomId))],
  });
  const joined = new Set(memberships.map(({ userId, roomId }) => `${userId} ${roomId}`));
  if (unsure.every(({ userId, roomId }) => joined.has(`${userId} ${roomId}`))) return undefined;
  return { status: 403, errcode: 'M_FORBIDDEN', error: 'You are not in this room' };
}

async function withPositions(
  { memory, events, metrics }: ReceiptContext,
  receipts: readonly Receipt[],
): Promise<NewReceipt[]> {
  const inMemory = new Map<string, number>();
  const toAsk = new Set<string>();
  const locate = (roomId: string, eventId: string) => {
    const event = memory.knownRoom(roomId)?.events.find((candidate) => candidate.eventId === eventId);
    if (event === undefined) toAsk.add(eventId);
    else inMemory.set(`${roomId} ${eventId}`, event.position);
  };
  for (const { roomId, eventId, threadId } of receipts) {
    locate(roomId, eventId);
    if (threadId !== undefined && threadId !== 'main') locate(roomId, threadId);
  }
  const asked = toAsk.size === 0 ? new Map() : await events.byId([...toAsk]);
  for (const event of asked.values()) inMemory.set(`${event.roomId} ${event.eventId}`, event.position);
  const known = receipts.flatMap(({ roomId, userId, receiptType, eventId, threadId }) => {
    const eventPosition = inMemory.get(`${roomId} ${eventId}`);
    const threadIsKnown = threadId === undefined || threadId === 'main' || inMemory.has(`${roomId} ${threadId}`);
    if (eventPosition === undefined || !threadIsKnown) return [];
    return [{ roomId, userId, receiptType, threadId, eventId, eventPosition }];
  });
  metrics.receipts('unknown_event', receipts.length - known.length);
  return known;
}

function invalid(error: string): MatrixError {
  return { status: 400, errcode: 'M_INVALID_PARAM', error };
}
