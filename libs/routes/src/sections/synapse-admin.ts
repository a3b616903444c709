import { operation } from '../operation.ts';

/** Outside the specification: what operators' tools and the test suites call on every homeserver. */
export const synapseAdmin = [
  operation('admin.sharedSecretRegisterNonce', 'GET', '/_synapse/admin/v1/register', {
    owner: 'clientapi',
    auth: 'none',
    rate: 'registrationCheck',
  }),
  operation('admin.sharedSecretRegister', 'POST', '/_synapse/admin/v1/register', {
    owner: 'clientapi',
    auth: 'none',
    rate: 'general',
  }),
] as const;
