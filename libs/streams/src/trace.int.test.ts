import { type FinishedSpan, startTracing } from '@plexus/observability';
import { eventually, testObservability, testStreams } from '@plexus/testkit';
import { expect, test } from 'vitest';
import { MemoryLog, MemoryStore, testLog } from '../test/memory-log.ts';
import { startLogConsumer } from './log-consumer.ts';
import { startLogPublisher } from './log-publisher.ts';

test('publishing and consuming belong to the trace of the entry, and a batch links to the traces of its others', async () => {
  const spans: FinishedSpan[] = [];
  const stopTracing = startTracing({
    service: 'test',
    sampleRatio: 0,
    exportTo: { onSpan: (span) => spans.push(span) },
  });
  const streams = await testStreams();
  const log = new MemoryLog();
  const store = new MemoryStore();
  const publishing = startLogPublisher(streams.connection, { stream: testLog, readLog: log.read }, testObservability());
  const consuming = await startLogConsumer(streams.connection, store.options(log), testObservability());

  const first = '0af7651916cd43dd8448eb211c80319c';
  const other = '4bf92f3577b34da6a3ce929d0e0e4736';
  const entries = log.append(3);
  for (const [index, trace] of [first, other].entries()) {
    Object.assign(entries[index] ?? {}, { traceparent: `00-${trace}-b7ad6b7169203331-01` });
  }
  publishing.publish(entries);
  expect(await consuming.waitFor(3, 5_000)).toBe(true);
  const named = (name: string) => spans.find((span) => span.name === name);
  await eventually('both spans have ended', () => spans.length >= 2);

  expect(named('publish TEST_LOG')?.traceId).toBe(first);
  expect(named('publish TEST_LOG')?.linkedTraceIds).toEqual([other]);
  const consumed = named('consume TEST_LOG');
  expect(consumed?.traceId).toBe(first);
  expect(consumed?.linkedTraceIds).toEqual([other]);
  expect(consumed?.attributes).toMatchObject({ 'messaging.batch.message_count': 3, 'plexus.log.last_position': 3 });

  await publishing.stop(1_000);
  await consuming.stop();
  await streams.close();
  await stopTracing();
});
