import { operation } from '../operation.ts';

/** Signing in and out. */
export const session = [
  operation('client.getTokenOwner', 'GET', '/_matrix/client/v3/account/whoami', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.generateLoginToken', 'POST', '/_matrix/client/v1/login/get_token', {
    owner: 'clientapi',
    auth: 'accessToken',
    body: 'optionalJson',
    rate: 'general',
    also: ['/_matrix/client/unstable/org.matrix.msc3882/login/token'],
  }),
  operation('client.getLoginFlows', 'GET', '/_matrix/client/v3/login', {
    owner: 'clientapi',
    auth: 'none',
    rate: 'general',
  }),
  // The handler counts: wrong passwords, and nothing of application services that are not limited.
  operation('client.login', 'POST', '/_matrix/client/v3/login', { owner: 'clientapi', auth: 'none' }),
  operation('client.logout', 'POST', '/_matrix/client/v3/logout', {
    owner: 'clientapi',
    auth: 'accessToken',
    body: 'optionalJson',
  }),
  operation('client.logout_all', 'POST', '/_matrix/client/v3/logout/all', {
    owner: 'clientapi',
    auth: 'accessToken',
    body: 'optionalJson',
  }),
  operation('client.refresh', 'POST', '/_matrix/client/v3/refresh', {
    owner: 'clientapi',
    auth: 'none',
    rate: 'login',
  }),
  operation('client.getAuthMetadata', 'GET', '/_matrix/client/v1/auth_metadata', {
    owner: 'clientapi',
    auth: 'none',
    also: ['/_matrix/client/unstable/org.matrix.msc2965/auth_metadata'],
  }),
  operation('client.redirectToSSO', 'GET', '/_matrix/client/v3/login/sso/redirect', {
    owner: 'clientapi',
    auth: 'none',
  }),
  operation('client.redirectToIdP', 'GET', '/_matrix/client/v3/login/sso/redirect/{idpId}', {
    owner: 'clientapi',
    auth: 'none',
  }),
  operation('client.authFallback', 'GET', '/_matrix/client/v3/auth/{type}/fallback/web', {
    owner: 'clientapi',
    auth: 'none',
  }),
] as const;
