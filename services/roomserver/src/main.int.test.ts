import type { RoomLogEntry } from '@plexus/contracts/streams/room-log';
import { roomLog, startLogConsumer } from '@plexus/streams';
import { type Cluster, startCluster } from '@plexus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { service } from './main.ts';
import { alice, message, publicRoom } from './testing/open-roomserver.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ services: [service] });
});
afterAll(() => cluster.stop());

describe('roomserver as a process', () => {
  it('brings every committed entry to those who consume the room log, once and in order', async () => {
    const { roomserver } = cluster.clients;
    const received: RoomLogEntry[] = [];
    const consumer = await startLogConsumer(
      cluster.streams,
      {
        stream: roomLog,
        consumer: 'syncapi',
        loadPosition: async () => 0,
        readLog: async ({ from, to = 0, limit }) => roomserver.readLog({ from, to, limit, partition: 0 }),
        apply: async (entries) => {
          received.push(...entries);
        },
        park: async (_entry, error) => {
          throw error;
        },
      },
      cluster.observability,
    );
    const { result } = await roomserver.createRoom(publicRoom('12'));
    if (result?.$case !== 'roomId') throw new Error('no room');
    const items = Array.from({ length: 50 }, (_, index) => message(result.value, alice, `${index}`));
    await roomserver.sendEvents({ events: items });
    const log = await roomserver.readLog({ from: 1, to: 0, limit: 0, partition: 0 });
    expect(await consumer.waitFor(log.head, 10_000)).toBe(true);
    await consumer.stop();
    expect(received).toEqual(log.entries);
    expect(log.head).toBe(55);
  });

  it('is ready, and shows what it does in its metrics', async () => {
    const origin = cluster.metricsUrl;
    const ready = await fetch(`${origin}/health/ready`);
    expect(ready.status).toBe(200);
    const metrics = await (await fetch(`${origin}/metrics`)).text();
    expect(metrics).toMatch(/plexus_roomserver_events_committed_total 55/);
    expect(metrics).toMatch(/plexus_roomserver_actors 1/);
    expect(metrics).toMatch(/plexus_roomserver_commit_seconds_count [1-9]/);
  });
});
