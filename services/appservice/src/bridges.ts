import type { ServiceRuntime } from '@plexus/service';
import { type Bridge, connectBridge } from './clients/bridge.ts';
import { consumeRoomLog, type RoomLogConsumer } from './consumers/room-log.ts';
import { BridgeSender } from './delivery/bridge-sender.ts';
import { refreshInterest } from './delivery/refresh-interest.ts';
import type { Registration } from './domain/registration.ts';

/** The bridges of one set of registrations, and what runs for them. */
export interface RunningBridges {
  readonly registrations: readonly Registration[];
  readonly bridges: ReadonlyMap<string, Bridge>;
  readonly senders: ReadonlyMap<string, BridgeSender>;
  /** Takes up consuming and sending. */
  start(): void;
  consumer(): Promise<RoomLogConsumer>;
  /** Ends consuming and sending; what is under way is finished. */
  stop(): Promise<void>;
  /** Closes the connections. */
  close(): Promise<void>;
}

/** @param holder this process, among the replicas. */
export function openBridges(
  registrations: readonly Registration[],
  runtime: ServiceRuntime,
  holder: string,
): RunningBridges {
  const { database, clients, clock, observability, random, streams } = runtime;
  const { roomserver } = clients;
  const bridges = new Map(
    registrations.flatMap((registration) =>
      registration.url === undefined
        ? []
        : [[registration.id, connectBridge({ ...registration, url: registration.url })] as const],
    ),
  );
  const senders = new Map(
    [...bridges].map(([bridgeId, bridge]) => [
      bridgeId,
      new BridgeSender({ bridgeId, bridge, database, roomserver, observability, clock, random, holder }),
    ]),
  );
  const { promise: consumer, resolve } = Promise.withResolvers<RoomLogConsumer>();
  return {
    registrations,
    bridges,
    senders,
    start: () => {
      // The log's owner may start after this service; until it answers, bridges wait and everybody else goes on.
      resolve(
        refreshInterest(registrations, database, roomserver, observability).then(() => {
          for (const sender of senders.values()) sender.start();
          return consumeRoomLog({
            database,
            streams,
            roomserver,
            registrations,
            clock,
            observability,
            wake: (ids) => {
              for (const id of ids) senders.get(id)?.wake('pending');
            },
          });
        }),
      );
    },
    consumer: () => consumer,
    stop: async () => {
      await (await consumer).stop();
      await Promise.all([...senders.values()].map((sender) => sender.stop()));
    },
    close: async () => {
      await Promise.all([...bridges.values()].map((bridge) => bridge.close()));
    },
  };
}
