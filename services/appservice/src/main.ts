import { randomUUID } from 'node:crypto';
import { type AppserviceService, AppserviceServiceDefinition } from '@plexus/contracts/appservice';
import { appserviceMetrics, gauge } from '@plexus/observability';
import { bindService } from '@plexus/rpc';
import type { ServiceModule } from '@plexus/service';
import { pingAppservice } from './api/ping/ping-appservice.ts';
import { listRegistrations } from './api/registrations/list-registrations.ts';
import { queryExistence } from './api/registrations/query-existence.ts';
import { connectBridge } from './clients/bridge.ts';
import { consumeRoomLog } from './consumers/room-log.ts';
import { BridgeSender } from './delivery/bridge-sender.ts';
import { refreshInterest } from './delivery/refresh-interest.ts';
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
    const { config, database, clients, clock, observability, random, streams } = runtime;
    const { roomserver } = clients;
    const registrations = await loadRegistrations(config.appservices, config.serverName);
    const bridges = new Map(
      registrations.flatMap((registration) =>
        registration.url === undefined
          ? []
          : [[registration.id, connectBridge({ ...registration, url: registration.url })]],
      ),
    );
    const holder = randomUUID();
    const senders = new Map(
      [...bridges].map(([bridgeId, bridge]) => [
        bridgeId,
        new BridgeSender({ bridgeId, bridge, database, roomserver, observability, clock, random, holder }),
      ]),
    );
    gauge(observability, appserviceMetrics.pendingEvents, async (metric) => {
      for (const bridge of bridges.keys()) metric.set({ bridge }, 0);
      for (const row of await database.query<{ bridge_id: string; pending: number }>(countPending, []))
        metric.set({ bridge: row.bridge_id }, row.pending);
    });
    const api: AppserviceService = {
      listRegistrations: async () => listRegistrations(registrations),
      queryExistence: (request) => queryExistence(request, registrations, bridges),
    };
    // The log's owner may start after this service; until it answers, bridges wait and everybody else goes on.
    const consumer = refreshInterest(registrations, database, roomserver, observability).then(() => {
      for (const sender of senders.values()) sender.start();
      return consumeRoomLog({
        database,
        streams,
        roomserver,
        registrations,
        observability,
        wake: (ids) => {
          for (const id of ids) senders.get(id)?.wake('pending');
        },
      });
    });
    return {
      rpc: [bindService(AppserviceServiceDefinition, api)],
      handlers: {
        'client.pingAppservice': pingAppservice(bridges, clock, (id) => senders.get(id)?.wake('alive')),
      },
      readiness: async () =>
        (await consumer).behindMs() > MAX_BEHIND_MS ? ['appservice: the room log consumer does not move'] : [],
      drain: async () => {},
      stop: async () => {
        await (await consumer).stop();
        await Promise.all([...senders.values()].map((sender) => sender.stop()));
        await Promise.all([...bridges.values()].map((bridge) => bridge.close()));
      },
    };
  },
};
