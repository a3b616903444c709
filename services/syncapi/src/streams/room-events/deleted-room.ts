import { createHash } from 'node:crypto';
import { ClientEventText } from '@plexus/matrix';
import { formatPaginationToken } from '../../domain/pagination-token.ts';
import type { SyncQuery } from '../stream.ts';
import type { DeletedRoom } from './rooms-of-sync.ts';

/**
 * The fields of a room that was deleted on this server while the client was away: none of its events is left, so the response says that the
 * user left by a member event that is in no room. Its id follows from the deletion, so every device gets the same.
 */
export function deletedRoomText({ roomId, position, deletedAt }: DeletedRoom, query: SyncQuery): string {
  const { userId } = query.user;
  const hash = createHash('sha256').update(`room deleted ${position} ${roomId} ${userId}`).digest('base64url');
  const eventId = `$${hash}`;
  const pdu = {
    content: { membership: 'leave', reason: 'The room was deleted' },
    origin_server_ts: deletedAt,
    sender: userId,
    state_key: userId,
    type: 'm.room.member',
  };
  const kept = { eventId, roomId, roomVersion: '12', json: JSON.stringify(pdu), originServerTs: deletedAt };
  const receiver = { now: query.now(), membership: 'leave' };
  const text = new ClientEventText(kept).text(query.filter.eventStyle, receiver);
  const prevBatch = formatPaginationToken(query.generation, position);
  return `"timeline":{"events":[${text}],"limited":false,"prev_batch":"${prevBatch}"}`;
}
