import { hash } from 'node:crypto';
import type { RoomId, UserId } from '@plexus/matrix';

export interface TransactionOf {
  readonly roomId: RoomId;
  readonly sender: UserId;
  readonly deviceId: string;
  readonly transactionId: string;
  /** The event type: the specification scopes transaction ids to the path, and the path names it. */
  readonly type: string;
}

/** The 16 bytes that a transaction id is remembered by, as hexadecimal text. Client-Server API, "Transaction identifiers". */
export function transactionKey({ roomId, sender, deviceId, transactionId, type }: TransactionOf): string {
  return keyOf([roomId, sender, deviceId, type, transactionId]);
}

/**
 * The same of an event without a transaction id, by the call that brings it. Nothing leads from the event back to this key: when the event is
 * purged, its key stays until it expires or a room is deleted, and says nothing.
 */
export function requestKeyOf({
  roomId,
  sender,
  requestKey,
}: Pick<TransactionOf, 'roomId' | 'sender'> & { readonly requestKey: string }): string {
  return keyOf([roomId, sender, requestKey]);
}

function keyOf(parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(parts), 'hex').slice(0, 32);
}
