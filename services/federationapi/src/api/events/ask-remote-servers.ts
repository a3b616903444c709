import type { FederationapiService } from '@plexus/contracts/federationapi';
import { RpcError } from '@plexus/rpc';

type Questions = Pick<
  FederationapiService,
  'getMissingEvents' | 'getEventAuth' | 'getStateIds' | 'getRemoteEvents' | 'backfill'
>;

/** Questions to other servers about rooms need signed requests, which this service does not send yet: whoever asks goes on without. */
export const askRemoteServers: Questions = {
  getMissingEvents: unanswered,
  getEventAuth: unanswered,
  getStateIds: unanswered,
  getRemoteEvents: unanswered,
  backfill: unanswered,
};

async function unanswered(): Promise<never> {
  throw new RpcError('UNIMPLEMENTED', 'requests to other servers are not sent yet');
}
