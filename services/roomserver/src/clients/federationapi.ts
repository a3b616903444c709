import type { FederationapiService } from '@plexus/contracts/federationapi';
import { encodeBase64, isEventId } from '@plexus/matrix';
import type { Logger } from '@plexus/observability';
import { RpcError, withCallOptions } from '@plexus/rpc';
import type { RemoteEvents, RemoteRoom, ServerKeys } from '../input-events/remote-events.ts';

/** Other servers are given longer than our own. */
const TIMEOUT_MS = 30_000;

/** What this service asks of federationapi. */
export function federation(client: FederationapiService, log: Logger): RemoteEvents & ServerKeys {
  const ask = <Answer>(question: () => Promise<Answer>): Promise<Answer | undefined> => asked(question, log);
  return {
    getMissingEvents: (room, { earliest, latest, limit }) =>
      ask(async () => {
        const of = { earliestEvents: [...earliest], latestEvents: [...latest], limit, minDepth: 0 };
        return (await client.getMissingEvents({ ...remote(room), ...of })).pdus;
      }),
    getEventAuth: (room, eventId) => ask(async () => (await client.getEventAuth({ ...remote(room), eventId })).pdus),
    getStateIds: (room, eventId) =>
      ask(async () => {
        const { stateEventIds, authEventIds } = await client.getStateIds({ ...remote(room), eventId });
        return { state: stateEventIds.filter(isEventId), authChain: authEventIds.filter(isEventId) };
      }),
    getEvents: (room, eventIds) =>
      ask(async () => (await client.getRemoteEvents({ ...remote(room), eventIds: [...eventIds] })).pdus),
    backfill: (room, { from, limit }) =>
      ask(async () => (await client.backfill({ ...remote(room), eventIds: [...from], limit })).pdus),
    getServerKeys: async (queries) => {
      const asking = queries.map((query) => ({ ...query, keyIds: [...query.keyIds], refresh: query.refresh === true }));
      const answer = await ask(() => client.getServerKeys({ queries: asking }));
      return (answer?.keys ?? []).map(({ publicKey, ...key }) => ({
        ...key,
        expiredTs: key.expiredTs,
        publicKey: encodeBase64(publicKey),
      }));
    },
  };
}

function remote({ server, roomId, maxBytes }: RemoteRoom) {
  return { serverName: server, roomId, maxBytes };
}

/** Whatever keeps an answer away, for those who ask it is not to be had now. */
async function asked<Answer>(question: () => Promise<Answer>, log: Logger): Promise<Answer | undefined> {
  try {
    return await withCallOptions({ timeoutMs: TIMEOUT_MS }, question);
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    log.info({ error }, 'another server was asked in vain');
    return undefined;
  }
}
