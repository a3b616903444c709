import { buildEvent } from '@plexus/matrix';
import type { Draft, StageContext, StageResult } from '../draft.ts';

/** Builds, hashes and signs the event on the room's tip. */
export function build(draft: Draft, { clock, serverName, signingKey }: StageContext): StageResult {
  const { command, room } = draft;
  const authEvents = draft.authEventKeys.flatMap(([type, stateKey]) => room.at(type, stateKey)?.pdu.eventId ?? []);
  const built = buildEvent({
    rules: room.rules,
    roomId: draft.roomId,
    type: command.type,
    stateKey: command.stateKey,
    sender: command.sender,
    content: draft.content,
    prevEvents: room.tip.extremities.map(({ eventId }) => eventId),
    authEvents,
    depth: Math.min(room.tip.depth + 1, Number.MAX_SAFE_INTEGER),
    originServerTs: command.originServerTs ?? clock.now(),
    redacts: command.redacts,
    origin: serverName,
    signingKey,
  });
  if (!built.ok) return { kind: 'refused', refusal: { kind: 'not_buildable', reason: built.error } };
  draft.built = built.value;
  return undefined;
}
