import { authEventKeys, type StateKeyPair } from '@plexus/matrix';
import { showsStrippedState, strippedStateKeys } from '../../domain/log-entry.ts';
import type { Draft, StageResult } from '../draft.ts';

/** Makes known what the event is judged by, what it replaces and what it shows to others; nothing is read when all of that is in memory. */
export async function loadState(draft: Draft): Promise<StageResult> {
  const { room, command, content } = draft;
  draft.authEventKeys = authEventKeys({ ...command, content }, room.rules);
  const keys: StateKeyPair[] = [['m.room.create', ''], ...draft.authEventKeys];
  if (command.type === 'm.room.redaction') keys.push(['m.room.power_levels', '']);
  if (command.stateKey !== undefined) keys.push([command.type, command.stateKey]);
  if (showsStrippedState(command.type, content)) keys.push(...strippedStateKeys(command.sender));
  await room.load(keys);
  return undefined;
}
