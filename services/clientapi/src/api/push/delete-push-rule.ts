import { authenticated, emptyObject, type Handler } from '@plexus/http';
import { readPushRules, writePushRules } from '../../clients/push-rules.ts';
import type { ClientapiContext } from '../../context.ts';
import { withoutRule } from '../../domain/push-ruleset.ts';
import { noSuchRule, pushRuleParams } from './push-rule-params.ts';

/** Client-server API, "DELETE /_matrix/client/v3/pushrules/global/{kind}/{ruleId}". M_NOT_FOUND. */
export function deletePushRule({ clients }: ClientapiContext): Handler {
  const { userapi } = clients;
  return authenticated(async (request) => {
    const { kind, ruleId } = pushRuleParams(request);
    const { userId } = request.requester;
    const changed = withoutRule(await readPushRules(userapi, userId), kind, ruleId);
    if (changed === undefined) throw noSuchRule();
    await writePushRules(userapi, userId, changed);
    return emptyObject();
  });
}
