import { authenticated, booleanField, emptyObject, type Handler } from '@plexus/http';
import { readPushRules, writePushRules } from '../../clients/push-rules.ts';
import type { ClientapiContext } from '../../context.ts';
import { withChange } from '../../domain/push-ruleset.ts';
import { noSuchRule, pushRuleParams } from './push-rule-params.ts';

/** Client-server API, "PUT /_matrix/client/v3/pushrules/global/{kind}/{ruleId}/enabled". M_NOT_FOUND. */
export function setPushRuleEnabled({ clients }: ClientapiContext): Handler {
  const { userapi } = clients;
  return authenticated(async (request) => {
    const { kind, ruleId } = pushRuleParams(request);
    const { userId } = request.requester;
    const enabled = booleanField(request.body, 'enabled');
    const changed = withChange(await readPushRules(userapi, userId), kind, ruleId, { enabled });
    if (changed === undefined) throw noSuchRule();
    await writePushRules(userapi, userId, changed);
    return emptyObject();
  });
}
