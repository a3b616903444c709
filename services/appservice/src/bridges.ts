import { type ServiceRuntime, untilAnswered } from '@plexus/service';
import { type Bridge, connectBridge } from './clients/bridge.ts';
import { consumeRoomLog, type RoomLogConsumer } from './consumers/room-log.ts';
import { BridgeSender } from './delivery/bridge-sender.ts';
import { refreshInterest } from './delivery/refresh-interest.ts';
import type { Registration } from './domain/registration.ts';
import { ThirdPartyNetworks } from './third-party-networks.ts';

/** The bridges of one set of registrations, and what runs for them. */
export interface RunningBridges {
  readonly registrations: readonly Registration[];
  readonly bridges: ReadonlyMap<string, Bridge>;
  readonly senders: ReadonlyMap<string, BridgeSender>;
  readonly networks: ThirdPartyNetworks;
  /** Takes up consuming and sending. */
  start(): void;
  /** Milliseconds since the consumer knew that it is up to date; undefined while it waits for what it begins with. */
  behindMs(): number | undefined;
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
  const end = new AbortController();
  let consumer: RoomLogConsumer | undefined;
  let starting: Promise<void> = Promise.resolve();
  const begin = async () => {
    const waiting = { log: observability.log, signal: end.signal, message: 'the bridges wait' };
    // The log's owner may start after this service, and the database be away: until both answer, bridges wait and everybody else goes on.
    await untilAnswered(() => refreshInterest(registrations, database, roomserver, observability), waiting);
    for (const sender of senders.values()) sender.start();
    const wake = (ids: ReadonlySet<string>) => {
      for (const id of ids) senders.get(id)?.wake('pending');
    };
    const options = { database, streams, roomserver, registrations, clock, observability, wake };
    consumer = await untilAnswered(() => consumeRoomLog(options), waiting);
  };
  return {
    registrations,
    bridges,
    senders,
    networks: new ThirdPartyNetworks(registrations, bridges, clock),
    start: () => {
      starting = begin().catch((error: unknown) => {
        if (!end.signal.aborted) observability.log.error({ error }, 'the bridges cannot be served');
      });
    },
    behindMs: () => consumer?.behindMs(),
    stop: async () => {
      end.abort();
      await starting;
      await consumer?.stop();
      await Promise.all([...senders.values()].map((sender) => sender.stop()));
    },
    close: async () => {
      await Promise.all([...bridges.values()].map((bridge) => bridge.close()));
    },
  };
}
