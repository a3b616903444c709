import { errors, type MatrixRequest, textParam } from '@plexus/http';
import type { PushRuleKind } from '@plexus/matrix';
import { isPushRuleKind } from '../../domain/push-ruleset.ts';

/** Which rule a path names. M_INVALID_PARAM for a kind that is none. */
export function pushRuleParams(request: MatrixRequest): { kind: PushRuleKind; ruleId: string } {
  const kind = request.params['kind'] ?? '';
  if (!isPushRuleKind(kind)) throw errors.invalidParam('kind', 'is not a kind of push rules');
  return { kind, ruleId: textParam(request, 'ruleId', 512) };
}

export function noSuchRule(): Error {
  return errors.notFound('No such push rule');
}
