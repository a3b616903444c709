import { type Removal, Removal_Stage } from '@plexus/contracts/roomserver';
import { errors, type Handler, json, roomIdParam, textParam } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';
import { forAdministrators } from './administrator.ts';

/** Synapse admin API, "GET /_synapse/admin/v2/rooms/{room_id}/delete_status". M_NOT_FOUND. */
export function deleteStatusByRoom({ clients }: ClientapiContext): Handler {
  return forAdministrators(async (request) => {
    const which = { $case: 'roomId', value: roomIdParam(request) } as const;
    const { removals } = await clients.roomserver.queryRemovals({ which });
    if (removals.length === 0) throw errors.notFound('No delete task for this room found');
    return json({ results: removals.map((removal) => ({ delete_id: removal.removalId, ...statusOf(removal) })) });
  });
}

/** Synapse admin API, "GET /_synapse/admin/v2/rooms/delete_status/{delete_id}". M_NOT_FOUND. */
export function deleteStatusById({ clients }: ClientapiContext): Handler {
  return forAdministrators(async (request) => {
    const which = { $case: 'removalId', value: textParam(request, 'deleteId') } as const;
    const { removals } = await clients.roomserver.queryRemovals({ which });
    const removal = removals.find(({ isPurgeOfHistory }) => !isPurgeOfHistory);
    if (removal === undefined) throw errors.notFound('delete id not found');
    return json({ delete_id: removal.removalId, room_id: removal.roomId, ...statusOf(removal) });
  });
}

const statuses: Readonly<Partial<Record<Removal_Stage, string>>> = {
  [Removal_Stage.STAGE_MEMBERS_LEAVE]: 'shutting_down',
  [Removal_Stage.STAGE_ROWS_GO]: 'purging',
  [Removal_Stage.STAGE_COMPLETE]: 'complete',
  [Removal_Stage.STAGE_FAILED]: 'failed',
};

function statusOf(removal: Removal): object {
  return {
    status: statuses[removal.stage] ?? 'scheduled',
    ...(removal.error !== undefined && { error: removal.error }),
    progress: removal.progress,
    removed_events: removal.removedEvents,
    shutdown_room: {
      kicked_users: removal.removedUsers,
      failed_to_kick_users: removal.failedUsers,
      local_aliases: removal.movedAliases,
      new_room_id: removal.newRoomId ?? null,
    },
  };
}
