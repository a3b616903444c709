import { ownValue } from '@plexus/matrix';
import type { Draft, StageResult } from '../draft.ts';

/** Who has left already, or was removed, and leaves again is answered with the event by which they left. */
export function recogniseDeparture({ command, content, room }: Draft): StageResult {
  const { type, stateKey, sender } = command;
  const isOwnLeave = type === 'm.room.member' && stateKey === sender && ownValue(content, 'membership') === 'leave';
  const current = isOwnLeave ? room.at(type, sender)?.pdu : undefined;
  return current !== undefined && ownValue(current.content, 'membership') === 'leave'
    ? { kind: 'known', eventId: current.eventId }
    : undefined;
}
