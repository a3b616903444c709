import { type AuthDecision, authoriseUser } from '@plexus/matrix';
import type { Draft, StageContext, StageResult } from '../draft.ts';
import { newEventId } from '../reference-hashes.ts';

/** The auth rules of the room's version, by its current state. An event of this server refers to that state, so one look is enough. */
export function authoriseEvent(draft: Draft, context: StageContext): StageResult {
  const { command, content, room, roomId } = draft;
  if (room.rules.eventIds === 'explicit') draft.explicitId = newEventId(context);
  const decision: AuthDecision = authoriseUser(
    {
      type: command.type,
      stateKey: command.stateKey,
      sender: command.sender,
      content,
      prevEvents: room.tip.extremities.map(({ eventId }) => eventId),
      redacts: command.redacts,
      roomId,
      ...(draft.explicitId !== undefined && { eventId: draft.explicitId }),
    },
    (type, stateKey) => room.at(type, stateKey)?.pdu,
    room.rules,
  );
  return decision.allowed ? undefined : { kind: 'refused', refusal: { kind: 'not_allowed', reason: decision.reason } };
}
