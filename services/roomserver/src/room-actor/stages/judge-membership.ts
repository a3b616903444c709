import { isUserId, ownValue } from '@plexus/matrix';
import { operationOf, refusalOfMembership } from '../../domain/membership-operation.ts';
import type { Draft, StageContext, StageResult } from '../draft.ts';

/** Every local member event passes here, whichever request it comes from: its target is a user, and the operation is possible now. */
export function judgeMembership({ command, content, room }: Draft, { serverName }: StageContext): StageResult {
  const { type, stateKey: target, sender } = command;
  if (type !== 'm.room.member' || target === undefined) return undefined;
  if (!isUserId(target)) return { kind: 'refused', refusal: { kind: 'invalid_parameter', parameter: 'stateKey' } };
  const membership = ownValue(room.at(type, target)?.pdu.content ?? {}, 'membership');
  const current = typeof membership === 'string' ? membership : undefined;
  const operation =
    command.operation ?? operationOf(ownValue(content, 'membership'), { isOwn: sender === target, current });
  const refusal = operation === undefined ? undefined : refusalOfMembership({ operation, target, current }, serverName);
  return refusal === undefined ? undefined : { kind: 'refused', refusal };
}
