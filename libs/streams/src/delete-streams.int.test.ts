import { connected, testNats, testObservability } from '@plexus/testkit';
import { expect, test } from 'vitest';
import { connectStreams } from './connect-streams.ts';
import { deleteStreams } from './delete-streams.ts';
import { examineNats } from './examine-nats.ts';
import { roomLog, userLog } from './topology.ts';

test('the streams of the product are seen with what they reserve, and removed once', async () => {
  const nats = await testNats();
  const connection = connectStreams({ servers: [nats.url], observability: testObservability() });
  await connected(connection);
  await connection.ensureStream(roomLog);
  await connection.ensureStream(userLog);
  const options = { servers: [nats.url] };
  const found = await examineNats(options, Date.now);
  expect(found).toMatchObject({ accepted: true, reserved: roomLog.maxBytes + userLog.maxBytes });
  expect(Math.abs((found.clock?.server ?? 0) - (found.clock?.ours ?? 0))).toBeLessThan(1_000);
  expect(await deleteStreams(options)).toBe(2);
  expect(await deleteStreams(options)).toBe(0);
  expect((await examineNats(options, Date.now)).reserved).toBe(0);
  await connection.close();
  await nats.stop();
});
