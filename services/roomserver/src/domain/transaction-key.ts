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
  return hash('sha256', JSON.stringify([roomId, sender, deviceId, type, transactionId]), 'hex').slice(0, 32);
}
