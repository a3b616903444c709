import { authenticated, emptyObject, errors, type Handler } from '@plexus/http';
import { type PushRuleError, parsePushRule } from '@plexus/matrix';
import { readPushRules, writePushRules } from '../../clients/push-rules.ts';
import type { ClientapiContext } from '../../context.ts';
import { withRule } from '../../domain/push-ruleset.ts';
import { pushRuleParams } from './push-rule-params.ts';

/** Client-server API, "PUT /_matrix/client/v3/pushrules/global/{kind}/{ruleId}". */
export function setPushRule({ clients }: ClientapiContext): Handler {
  const { userapi } = clients;
  return authenticated(async (request) => {
    const { kind, ruleId } = pushRuleParams(request);
    const { userId } = request.requester;
    const rule = parsePushRule(kind, ruleId, request.body);
    if (!rule.ok) throw refusal(rule.error);
    const place = { before: request.query.get('before') ?? undefined, after: request.query.get('after') ?? undefined };
    const changed = withRule(await readPushRules(userapi, userId), kind, rule.value, place);
    if (!changed.ok) throw placeRefusal(changed.error);
    await writePushRules(userapi, userId, changed.value);
    return emptyObject();
  });
}

function placeRefusal(error: 'unknown_neighbour' | 'too_many_rules'): Error {
  return error === 'too_many_rules'
    ? errors.tooLarge('You have too many push rules, or their patterns are too long')
    : errors.notFound('There is no rule of yours to put this one beside');
}

function refusal(error: PushRuleError): Error {
  switch (error) {
    case 'invalid_rule_id':
      return errors.invalidParam('ruleId', 'is not an id that a rule of a user may have');
    case 'invalid_actions':
      return errors.badJson('actions must be an array of actions');
    case 'invalid_conditions':
      return errors.badJson('conditions must be an array of conditions');
    case 'invalid_pattern':
      return errors.badJson('pattern must be a string');
    default:
      return error satisfies never;
  }
}
