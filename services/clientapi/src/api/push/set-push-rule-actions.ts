import { arrayField, authenticated, emptyObject, errors, type Handler } from '@plexus/http';
import { parsePushActions } from '@plexus/matrix';
import { readPushRules, writePushRules } from '../../clients/push-rules.ts';
import type { ClientapiContext } from '../../context.ts';
import { withChange } from '../../domain/push-ruleset.ts';
import { noSuchRule, pushRuleParams } from './push-rule-params.ts';

/** Client-server API, "PUT /_matrix/client/v3/pushrules/global/{kind}/{ruleId}/actions". M_NOT_FOUND. */
export function setPushRuleActions({ clients }: ClientapiContext): Handler {
  const { userapi } = clients;
  return authenticated(async (request) => {
    const { kind, ruleId } = pushRuleParams(request);
    const { userId } = request.requester;
    const actions = parsePushActions(arrayField(request.body, 'actions'));
    if (actions === undefined) throw errors.badJson('actions must be an array of actions');
    const changed = withChange(await readPushRules(userapi, userId), kind, ruleId, { actions });
    if (changed === undefined) throw noSuchRule();
    await writePushRules(userapi, userId, changed);
    return emptyObject();
  });
}
