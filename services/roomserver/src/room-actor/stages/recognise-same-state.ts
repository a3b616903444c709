import { canonicalJson, NotCanonicalError } from '@plexus/matrix';
import type { Draft, StageResult } from '../draft.ts';

/** Setting a state to what it is makes no event: all homeservers answer with the one that is there. */
export function recogniseSameState(draft: Draft): StageResult {
  const { command, room, content } = draft;
  if (command.stateKey === undefined || command.type === 'm.room.create') return undefined;
  draft.replaced = room.at(command.type, command.stateKey);
  const current = draft.replaced?.pdu;
  if (current === undefined || current.sender !== command.sender) return undefined;
  try {
    return canonicalJson(current.content) === canonicalJson(content)
      ? { kind: 'known', eventId: current.eventId }
      : undefined;
  } catch (error) {
    // What cannot be an event is refused where it is built.
    if (error instanceof NotCanonicalError) return undefined;
    throw error;
  }
}
