import { Removal_Stage } from '@plexus/contracts/roomserver';
import {
  errors,
  type Handler,
  json,
  optionalBoolean,
  optionalInteger,
  optionalString,
  roomIdParam,
  textParam,
} from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';
import { forAdministrators } from './administrator.ts';

/**
 * Synapse admin API, "POST /_synapse/admin/v1/purge_history/{room_id}[/{event_id}]". M_NOT_FOUND for a room or a point that is not known,
 * M_UNKNOWN while one is under way.
 */
export function purgeHistory({ clients }: ClientapiContext): Handler {
  return forAdministrators(async (request) => {
    const { body, params, requester } = request;
    const eventId = params['eventId'] ?? optionalString(body, 'purge_up_to_event_id');
    const ts = optionalInteger(body, 'purge_up_to_ts', { min: 0 });
    if (eventId === undefined && ts === undefined) throw errors.missingParam('purge_up_to_event_id');
    const { result } = await clients.roomserver.purgeHistory({
      roomId: roomIdParam(request),
      requestedBy: requester.userId,
      upTo: eventId === undefined ? { $case: 'ts', value: ts ?? 0 } : { $case: 'eventId', value: eventId },
      deleteLocalEvents: optionalBoolean(body, 'delete_local_events') ?? false,
    });
    if (result === undefined) throw errors.internal();
    if (result.$case === 'error') throw errors.fromRpc(result.value);
    return json({ purge_id: result.value });
  });
}

/** Synapse admin API, "GET /_synapse/admin/v1/purge_history_status/{purge_id}". M_NOT_FOUND. */
export function purgeHistoryStatus({ clients }: ClientapiContext): Handler {
  return forAdministrators(async (request) => {
    const which = { $case: 'removalId', value: textParam(request, 'purgeId') } as const;
    const { removals } = await clients.roomserver.queryRemovals({ which });
    const removal = removals.find(({ isPurgeOfHistory }) => isPurgeOfHistory);
    if (removal === undefined) throw errors.notFound('purge id not found');
    const { stage, error } = removal;
    const status =
      stage === Removal_Stage.STAGE_COMPLETE ? 'complete' : stage === Removal_Stage.STAGE_FAILED ? 'failed' : 'active';
    return json({ status, ...(error !== undefined && { error }) });
  });
}
