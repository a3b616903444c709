import { operation } from '../operation.ts';

/** What a client asks before it signs in: versions, discovery, capabilities. */
export const server = [
  operation('client.getVersions', 'GET', '/_matrix/client/versions', {
    owner: 'clientapi',
    auth: 'optionalAccessToken',
  }),
  operation('client.getCapabilities', 'GET', '/_matrix/client/v3/capabilities', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.getTurnServer', 'GET', '/_matrix/client/v3/voip/turnServer', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
  }),
  operation('client.getWellknown', 'GET', '/.well-known/matrix/client', { owner: 'clientapi', auth: 'none' }),
  operation('client.getWellknownSupport', 'GET', '/.well-known/matrix/support', { owner: 'clientapi', auth: 'none' }),
] as const;
