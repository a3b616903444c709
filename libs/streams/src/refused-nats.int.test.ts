import { eventually, oldNats, testObservability } from '@plexus/testkit';
import { expect, test } from 'vitest';
import { connectStreams } from './connect-streams.ts';

test('a NATS that is too old is not used, and the connection says why', async () => {
  await using old = await oldNats();
  const connection = connectStreams({ servers: [old.url], observability: testObservability() });
  await eventually('it is refused', () => connection.refusal() !== undefined);
  expect([connection.isConnected(), connection.refusal()]).toEqual([
    false,
    'NATS 2.9.25 is older than 2.10.23 and may lose streams: upgrade it',
  ]);
  await connection.close();
});
