import { authenticated, type Handler, json } from '@plexus/http';
import { readPushRules } from '../../clients/push-rules.ts';
import type { ClientapiContext } from '../../context.ts';
import { findRule } from '../../domain/push-ruleset.ts';
import { noSuchRule, pushRuleParams } from './push-rule-params.ts';

/** Client-server API, "GET /_matrix/client/v3/pushrules/global/{kind}/{ruleId}". M_NOT_FOUND. */
export function getPushRule({ clients }: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const { kind, ruleId } = pushRuleParams(request);
    const rule = findRule(await readPushRules(clients.userapi, request.requester.userId), kind, ruleId);
    if (rule === undefined) throw noSuchRule();
    return json(rule);
  });
}
