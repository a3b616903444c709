import { randomUUID } from 'node:crypto';
import { subscribeSignsOfLife } from '@plexus/appservices';
import { type AppserviceService, AppserviceServiceDefinition } from '@plexus/contracts/appservice';
import { appserviceMetrics, gauge } from '@plexus/observability';
import { bindService } from '@plexus/rpc';
import type { ServiceModule } from '@plexus/service';
import { pingAppservice } from './api/ping/ping-appservice.ts';
import { listRegistrations } from './api/registrations/list-registrations.ts';
import { queryExistence } from './api/registrations/query-existence.ts';
import { getProtocolMetadata } from './api/third-party/get-protocol-metadata.ts';
import { getProtocols } from './api/third-party/get-protocols.ts';
import { queryByMatrixId } from './api/third-party/query-by-matrix-id.ts';
import { queryByProtocol } from './api/third-party/query-by-protocol.ts';
import { openBridges } from './bridges.ts';
import { loadRegistrations } from './registrations.ts';
import { countPending, leaveTransactionIds } from './storage/pending-events.ts';

/** A consumer that has not known for this long that it is up to date makes the service not ready. */
const MAX_BEHIND_MS = 60_000;

/** Bridges: their registrations, what they are told of, and the telling. */
export const service: ServiceModule = {
  name: 'appservice',
  migrations: new URL('./storage/migrations/', import.meta.url),
  afterRestore: [leaveTransactionIds],
  start: async (runtime) => {
    const { config, database, clock, observability, streams } = runtime;
    const holder = randomUUID();
    let current = openBridges(await loadRegistrations(config.appservices, config.serverName), runtime, holder);
    gauge(observability, appserviceMetrics.pendingEvents, async (metric) => {
      metric.reset();
      for (const bridge of current.bridges.keys()) metric.set({ bridge }, 0);
      for (const row of await database.query<{ bridge_id: string; pending: number }>(countPending, []))
        metric.set({ bridge: row.bridge_id }, row.pending);
    });
    const api: AppserviceService = {
      listRegistrations: async () => listRegistrations(current.registrations),
      queryExistence: (request) => queryExistence(request, current.registrations, current.bridges),
    };
    const networks = () => current.networks;
    // A bridge that makes requests runs: what waits for it is sent without waiting for the next try.
    const stopListening = subscribeSignsOfLife(streams, (id) => current.senders.get(id)?.wake('alive'));
    current.start();
    return {
      rpc: [bindService(AppserviceServiceDefinition, api)],
      handlers: {
        'client.pingAppservice': pingAppservice(
          (id) => current.bridges.get(id),
          clock,
          (id) => current.senders.get(id)?.wake('alive'),
        ),
        'client.getProtocols': getProtocols(networks),
        'client.getProtocolMetadata': getProtocolMetadata(networks),
        'client.queryUserByID': queryByMatrixId('user', networks),
        'client.queryUserByProtocol': queryByProtocol('user', networks),
        'client.queryLocationByAlias': queryByMatrixId('location', networks),
        'client.queryLocationByProtocol': queryByProtocol('location', networks),
      },
      readiness: async () => {
        const behindMs = current.behindMs();
        if (behindMs === undefined) return ['appservice: the database or the room log is away'];
        return behindMs > MAX_BEHIND_MS ? ['appservice: the room log consumer does not move'] : [];
      },
      prepareReload: async (next) => {
        const registrations = await loadRegistrations(next.appservices, next.serverName);
        return async () => {
          const before = current;
          // Questions are answered by the new ones from here on; telling bridges of events stops and goes on.
          current = openBridges(registrations, runtime, holder);
          await before.stop();
          current.start();
          await before.close();
        };
      },
      drain: async () => {},
      stop: async () => {
        stopListening();
        await current.stop();
        await current.close();
      },
    };
  },
};
