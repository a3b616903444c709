import {
  type QueryRemovalsRequest,
  type QueryRemovalsResponse,
  type Removal,
  Removal_Stage,
} from '@plexus/contracts/roomserver';
import type { RoomserverContext } from '../../context.ts';
import { isStorable } from '../../domain/event-command.ts';
import { type RemovalRow, removalKinds, removalStages, selectRemovals } from '../../storage/room-removals.ts';

/** What came of removals so far: one by its id, or all deletions of a room. */
export async function queryRemovals(
  { database }: RoomserverContext,
  { which }: QueryRemovalsRequest,
): Promise<QueryRemovalsResponse> {
  if (which === undefined || !isStorable(which.value)) return { removals: [] };
  const values = which.$case === 'removalId' ? [which.value, null] : [null, which.value];
  const rows = await database.query<RemovalRow>(selectRemovals, values);
  return { removals: rows.map(removalOf) };
}

const stages: ReadonlyMap<number, Removal_Stage> = new Map([
  [removalStages.membersLeave, Removal_Stage.STAGE_MEMBERS_LEAVE],
  [removalStages.rowsGo, Removal_Stage.STAGE_ROWS_GO],
  [removalStages.complete, Removal_Stage.STAGE_COMPLETE],
  [removalStages.failed, Removal_Stage.STAGE_FAILED],
]);

function removalOf(row: RemovalRow): Removal {
  const { last_event: last, done_event: done, stage } = row;
  return {
    removalId: row.removal_id,
    roomId: row.room_id,
    stage: stages.get(stage) ?? Removal_Stage.STAGE_UNSPECIFIED,
    isPurgeOfHistory: row.kind === removalKinds.historyPurge,
    error: row.error ?? undefined,
    removedUsers: row.removed_users,
    failedUsers: row.failed_users,
    movedAliases: row.moved_aliases,
    newRoomId: row.new_room_id ?? undefined,
    removedEvents: row.removed_events,
    progress: stage === removalStages.complete ? 1 : last === null ? 0 : done / Math.max(1, last),
  };
}
