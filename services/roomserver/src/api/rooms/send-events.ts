import type { SendEvent, SendEventResult, SendEventsRequest, SendEventsResponse } from '@plexus/contracts/roomserver';
import { isRoomId } from '@plexus/matrix';
import { currentTraceparent } from '@plexus/observability';
import type { RoomserverContext } from '../../context.ts';
import { parseEventCommand } from '../../domain/event-command.ts';
import { matrixErrorOf, type Refusal } from '../../domain/refusal.ts';

/** Local events, each by itself; those of one room in the order of the request. */
export async function sendEvents(
  context: RoomserverContext,
  { events, requestKey }: SendEventsRequest,
): Promise<SendEventsResponse> {
  const traceparent = currentTraceparent();
  const results = await Promise.all(
    events.map((event, place) =>
      sendEvent(context, event, traceparent, requestKey === undefined ? undefined : `${requestKey} ${place}`),
    ),
  );
  return { results };
}

async function sendEvent(
  { actors }: RoomserverContext,
  event: SendEvent,
  traceparent: string,
  requestKey: string | undefined,
): Promise<SendEventResult> {
  if (!isRoomId(event.roomId)) return refused({ kind: 'unknown_room' });
  const command = parseEventCommand(event, traceparent);
  if (!command.ok) return refused(command.error);
  const answer = await actors.send(event.roomId, { ...command.value, requestKey });
  return answer.kind === 'sent' ? { result: { $case: 'eventId', value: answer.eventId } } : refused(answer.refusal);
}

function refused(refusal: Refusal): SendEventResult {
  return { result: { $case: 'error', value: matrixErrorOf(refusal) } };
}
