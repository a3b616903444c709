import { type AuthDecision, authorise } from '@plexus/matrix';
import type { Draft, StageResult } from '../draft.ts';

/** The auth rules of the room's version, by its current state. An event of this server refers to that state, so one look is enough. */
export function authoriseEvent(draft: Draft): StageResult {
  const { command, content, room, roomId } = draft;
  const decision: AuthDecision = authorise(
    {
      type: command.type,
      stateKey: command.stateKey,
      sender: command.sender,
      content,
      prevEvents: room.tip.extremities.map(({ eventId }) => eventId),
      redacts: command.redacts,
      roomId,
    },
    (type, stateKey) => room.at(type, stateKey)?.pdu,
    room.rules,
  );
  return decision.allowed ? undefined : { kind: 'refused', refusal: { kind: 'not_allowed', reason: decision.reason } };
}
