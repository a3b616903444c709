import { sql } from '@plexus/postgres';
import { connectStreams } from '@plexus/streams';
import { describe, expect, test } from 'vitest';
import {
  connected,
  eventually,
  leakCheck,
  startCluster,
  testDatabase,
  testEphemeral,
  testNats,
  testObservability,
  testStreams,
} from './index.ts';

const migrations = new URL('../test/migrations/', import.meta.url);

describe('testDatabase', () => {
  test('is migrated, its own, and gone after drop', async () => {
    const one = await testDatabase([{ name: 'sample', migrations }]);
    const other = await testDatabase([{ name: 'sample', migrations }]);
    await one.database.query(sql('sample_insert', 'INSERT INTO sample.thing (id) VALUES ($1)'), [1]);
    const count = sql('sample_count', 'SELECT count(*) FROM sample.thing');
    expect(await other.database.query(count, [])).toEqual([{ count: 0 }]);
    expect(await one.database.query(count, [])).toEqual([{ count: 1 }]);
    await one.drop();
    await other.drop();
    await expect(testDatabaseExists(one.url)).resolves.toBe(false);
  });

  test('a copy of a known template takes well below a second', async () => {
    const first = await testDatabase([{ name: 'sample', migrations }]);
    const times: number[] = [];
    for (let copy = 0; copy < 3; copy++) {
      const start = performance.now();
      const next = await testDatabase([{ name: 'sample', migrations }]);
      times.push(performance.now() - start);
      await next.drop();
    }
    // The fastest: beside one another test may have kept the disk busy.
    expect(Math.min(...times)).toBeLessThan(1_000);
    await first.drop();
  });
});

describe('testNats', () => {
  test('keeps its port over a kill', async () => {
    const nats = await testNats();
    const connection = connectStreams({ servers: [nats.url], observability: testObservability() });
    await connected(connection);
    await nats.kill();
    await eventually('the loss is noticed', () => !connection.isConnected());
    await nats.start();
    await eventually('it is connected again', () => connection.isConnected());
    await connection.close();
    await nats.stop();
  });
});

test('leakCheck names a socket that stays open', async () => {
  const left = leakCheck();
  const streams = await testStreams();
  expect(await left(50)).toContain('1 TCPSocketWrap');
  await streams.close();
  expect((await left(2_000)).filter((name) => name.includes('Socket'))).toEqual([]);
});

test('testEphemeral answers, and shares nothing', async () => {
  const one = await testEphemeral();
  const other = await testEphemeral();
  await one.set('key', 'value', 10_000);
  expect(await one.get('key')).toBe('value');
  expect(await other.get('key')).toBeUndefined();
  await Promise.all([one.close(), other.close()]);
});

test('startCluster answers on ports of its own, and a wrong configuration is told', async () => {
  const cluster = await startCluster({ services: [], config: { serverName: 'other.test' } });
  expect(cluster.config.serverName).toBe('other.test');
  expect((await fetch(`${cluster.metricsUrl}/health/live`)).status).toBe(200);
  await cluster.stop();
  await expect(startCluster({ services: [], config: { serverNam: 'x' } })).rejects.toThrow(/serverNam/);
});

async function testDatabaseExists(url: string): Promise<boolean> {
  const name = new URL(url).pathname.slice(1);
  const probe = await testDatabase([]);
  const found = await probe.database.query(sql('sample_exists', 'SELECT FROM pg_database WHERE datname = $1'), [name]);
  await probe.drop();
  return found.length > 0;
}
