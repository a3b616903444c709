import { operation } from '../operation.ts';

/** Push rules, pushers and notifications. */
export const push = [
  operation('client.getNotifications', 'GET', '/_matrix/client/v3/notifications', {
    owner: 'syncapi',
    auth: 'accessToken',
  }),
  operation('client.getPushers', 'GET', '/_matrix/client/v3/pushers', { owner: 'clientapi', auth: 'accessToken' }),
  operation('client.postPusher', 'POST', '/_matrix/client/v3/pushers/set', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.getPushRules', 'GET', '/_matrix/client/v3/pushrules/', {
    owner: 'clientapi',
    auth: 'accessToken',
    also: ['/_matrix/client/v3/pushrules'],
  }),
  operation('client.getPushRulesGlobal', 'GET', '/_matrix/client/v3/pushrules/global/', {
    owner: 'clientapi',
    auth: 'accessToken',
    also: ['/_matrix/client/v3/pushrules/global'],
  }),
  operation('client.deletePushRule', 'DELETE', '/_matrix/client/v3/pushrules/global/{kind}/{ruleId}', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'accountData',
  }),
  operation('client.getPushRule', 'GET', '/_matrix/client/v3/pushrules/global/{kind}/{ruleId}', {
    owner: 'clientapi',
    auth: 'accessToken',
  }),
  operation('client.setPushRule', 'PUT', '/_matrix/client/v3/pushrules/global/{kind}/{ruleId}', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'accountData',
  }),
  operation('client.getPushRuleActions', 'GET', '/_matrix/client/v3/pushrules/global/{kind}/{ruleId}/actions', {
    owner: 'clientapi',
    auth: 'accessToken',
  }),
  operation('client.setPushRuleActions', 'PUT', '/_matrix/client/v3/pushrules/global/{kind}/{ruleId}/actions', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'accountData',
  }),
  operation('client.isPushRuleEnabled', 'GET', '/_matrix/client/v3/pushrules/global/{kind}/{ruleId}/enabled', {
    owner: 'clientapi',
    auth: 'accessToken',
  }),
  operation('client.setPushRuleEnabled', 'PUT', '/_matrix/client/v3/pushrules/global/{kind}/{ruleId}/enabled', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'accountData',
  }),
] as const;
