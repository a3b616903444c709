import { operation } from '../operation.ts';

/** Registration, passwords, contact addresses and OpenID tokens. */
export const account = [
  operation('client.getAccount3PIDs', 'GET', '/_matrix/client/v3/account/3pid', {
    owner: 'clientapi',
    auth: 'accessToken',
  }),
  operation('client.post3PIDs', 'POST', '/_matrix/client/v3/account/3pid', { owner: 'clientapi', auth: 'accessToken' }),
  operation('client.add3PID', 'POST', '/_matrix/client/v3/account/3pid/add', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.bind3PID', 'POST', '/_matrix/client/v3/account/3pid/bind', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.delete3pidFromAccount', 'POST', '/_matrix/client/v3/account/3pid/delete', {
    owner: 'clientapi',
    auth: 'accessToken',
  }),
  operation('client.requestTokenTo3PIDEmail', 'POST', '/_matrix/client/v3/account/3pid/email/requestToken', {
    owner: 'clientapi',
    auth: 'none',
    rate: 'thirdPartyIdentifier',
  }),
  operation('client.requestTokenTo3PIDMSISDN', 'POST', '/_matrix/client/v3/account/3pid/msisdn/requestToken', {
    owner: 'clientapi',
    auth: 'none',
    rate: 'thirdPartyIdentifier',
  }),
  operation('client.unbind3pidFromAccount', 'POST', '/_matrix/client/v3/account/3pid/unbind', {
    owner: 'clientapi',
    auth: 'accessToken',
  }),
  operation('client.deactivateAccount', 'POST', '/_matrix/client/v3/account/deactivate', {
    owner: 'clientapi',
    auth: 'optionalAccessToken',
    body: 'optionalJson',
    rate: 'general',
  }),
  operation('client.changePassword', 'POST', '/_matrix/client/v3/account/password', {
    owner: 'clientapi',
    auth: 'optionalAccessToken',
    rate: 'general',
  }),
  operation(
    'client.requestTokenToResetPasswordEmail',
    'POST',
    '/_matrix/client/v3/account/password/email/requestToken',
    { owner: 'clientapi', auth: 'none', rate: 'thirdPartyIdentifier' },
  ),
  operation(
    'client.requestTokenToResetPasswordMSISDN',
    'POST',
    '/_matrix/client/v3/account/password/msisdn/requestToken',
    { owner: 'clientapi', auth: 'none', rate: 'thirdPartyIdentifier' },
  ),
  // The handler counts: accounts that are made, and nothing of application services that are not limited.
  operation('client.register', 'POST', '/_matrix/client/v3/register', {
    owner: 'clientapi',
    auth: 'none',
    body: 'optionalJson',
  }),
  operation('client.checkUsernameAvailability', 'GET', '/_matrix/client/v3/register/available', {
    owner: 'clientapi',
    auth: 'none',
    rate: 'registrationCheck',
  }),
  operation('client.requestTokenToRegisterEmail', 'POST', '/_matrix/client/v3/register/email/requestToken', {
    owner: 'clientapi',
    auth: 'none',
    rate: 'thirdPartyIdentifier',
  }),
  operation('client.requestTokenToRegisterMSISDN', 'POST', '/_matrix/client/v3/register/msisdn/requestToken', {
    owner: 'clientapi',
    auth: 'none',
    rate: 'thirdPartyIdentifier',
  }),
  operation(
    'client.registrationTokenValidity',
    'GET',
    '/_matrix/client/v1/register/m.login.registration_token/validity',
    {
      owner: 'clientapi',
      auth: 'none',
      rate: 'registrationCheck',
      also: [
        '/_matrix/client/unstable/org.matrix.msc3231/register/org.matrix.msc3231.login.registration_token/validity',
      ],
    },
  ),
  operation('client.requestOpenIdToken', 'POST', '/_matrix/client/v3/user/{userId}/openid/request_token', {
    owner: 'clientapi',
    auth: 'accessToken',
    body: 'optionalJson',
    rate: 'general',
  }),
] as const;
