import { ownValue } from '@plexus/matrix';
import type { Draft, StageResult } from '../draft.ts';

const entries: readonly unknown[] = ['join', 'invite', 'knock'];

/** Into a room that an administrator has blocked, or that is being deleted, nobody of this server comes. */
export function refuseEntry({ command, content, room }: Draft): StageResult {
  const isEntry = command.type === 'm.room.member' && entries.includes(ownValue(content, 'membership'));
  return room.isClosed && isEntry ? { kind: 'refused', refusal: { kind: 'blocked_room' } } : undefined;
}
