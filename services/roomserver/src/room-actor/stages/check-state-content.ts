import { compileServerAcl } from '@plexus/matrix';
import { malformedKey } from '../../domain/state-content.ts';
import type { Draft, StageContext, StageResult } from '../draft.ts';

/** State that clients act on has the types that they expect, and an ACL does not lock this server out of its own room. */
export function checkStateContent({ command }: Draft, { serverName }: StageContext): StageResult {
  const { type, stateKey, content } = command;
  if (stateKey === undefined) return undefined;
  const key = malformedKey({ type, stateKey, content });
  if (key !== undefined) return { kind: 'refused', refusal: { kind: 'malformed_state', type, key } };
  const isAcl = type === 'm.room.server_acl' && stateKey === '';
  return isAcl && !compileServerAcl(content).allows(serverName)
    ? { kind: 'refused', refusal: { kind: 'acl_denies_this_server' } }
    : undefined;
}
