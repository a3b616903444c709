import type { RoomId } from '@plexus/matrix';
import type { EventCommand } from '../../domain/event-command.ts';
import { eventIdOfKey } from '../../domain/event-key.ts';
import { unfoldJson } from '../../domain/folded-json.ts';
import { requestKeyOf, transactionKey } from '../../domain/transaction-key.ts';
import { selectKnown } from '../../storage/known-events.ts';
import type { Draft, StageContext, StageResult } from '../draft.ts';

/**
 * The same transaction id or call, or a try of this command whose answer was lost, gives the event that is there. The database is asked only when
 * a try has failed: a first try with a known transaction id is refused by the commit, which looks for it anyway.
 */
export function recogniseTransaction(draft: Draft, { queryable }: StageContext): StageResult | Promise<StageResult> {
  const { room, roomId, command } = draft;
  draft.transactionKey = roomId === undefined ? undefined : keyOf(roomId, command);
  const eventId = draft.transactionKey === undefined ? undefined : room.transactions.get(draft.transactionKey);
  if (eventId !== undefined) return { kind: 'known', eventId };
  return draft.isRetry ? findCommitted(draft, queryable) : undefined;
}

function keyOf(roomId: RoomId, { sender, type, transaction, requestKey }: EventCommand): string | undefined {
  if (transaction !== undefined) return transactionKey({ roomId, sender, type, ...transaction });
  return requestKey === undefined ? undefined : requestKeyOf({ roomId, sender, requestKey });
}

async function findCommitted(draft: Draft, queryable: StageContext['queryable']): Promise<StageResult> {
  const keys = draft.transactionKey === undefined ? [] : [draft.transactionKey];
  if (keys.length + draft.triedBefore.length === 0) return undefined;
  const [row] = await queryable.query<{ key: Buffer; folded_json: string }>(selectKnown, [keys, draft.triedBefore]);
  return row === undefined
    ? undefined
    : { kind: 'known', eventId: eventIdOfKey(row.key, draft.room.rules, unfoldJson(row.folded_json)) };
}
