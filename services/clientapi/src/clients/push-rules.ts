import type { UserapiService } from '@plexus/contracts/userapi';
import { errors } from '@plexus/http';
import type { PushRuleset, UserId } from '@plexus/matrix';
import { rulesetOf } from '../domain/push-ruleset.ts';
import { jsonObject } from '../domain/stored-event.ts';

const TYPE = 'm.push_rules';

export async function readPushRules(userapi: UserapiService, userId: UserId): Promise<PushRuleset> {
  const { items } = await userapi.getAccountData({ userId, types: [TYPE], everything: false });
  const item = items.find((candidate) => candidate.type === TYPE && candidate.roomId === undefined);
  return rulesetOf(userId, item === undefined ? undefined : jsonObject(item.content));
}

/** Stored whole, so that whoever reads the account data needs not know the defaults. */
export async function writePushRules(userapi: UserapiService, userId: UserId, ruleset: PushRuleset): Promise<void> {
  const content = JSON.stringify({ global: ruleset });
  const { error } = await userapi.setAccountData({ userId, type: TYPE, content });
  if (error !== undefined) throw errors.fromRpc(error);
}
