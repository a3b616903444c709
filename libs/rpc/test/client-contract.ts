import { setTimeout as pass } from 'node:timers/promises';
import type { TypingService } from '@plexus/contracts/typing';
import { type FinishedSpan, SpanKind, startTracing, withRequestId, withSpan } from '@plexus/observability';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { withCallOptions } from '../src/call-options.ts';
import { RpcError } from '../src/rpc-error.ts';
import { ScriptedService, type WatchedObservability } from './scripted-service.ts';

export interface ClientUnderTest {
  readonly client: TypingService;
  readonly observability: WatchedObservability;
  readonly side: 'client' | 'local';
  close(): Promise<void>;
}

export const DEFAULT_TIMEOUT_MS = 1_500;

const typing = (roomId: string) => ({ roomId, userId: '', timeoutMs: 0 });

/** What a caller sees, whether the wire is between or not. */
export function clientContract(open: (service: ScriptedService) => Promise<ClientUnderTest>): void {
  const service = new ScriptedService('server');
  let under: ClientUnderTest;
  let client: TypingService;
  beforeAll(async () => {
    under = await open(service);
    client = under.client;
  });
  afterAll(async () => {
    service.release();
    await under.close();
  });

  test('answers a call with its response', async () => {
    expect(await client.getTyping({ roomIds: ['!ä', '!b'] })).toMatchObject({
      rooms: [
        { roomId: '!ä', userIds: ['server'] },
        { roomId: '!b', userIds: ['server'] },
      ],
    });
    expect(await client.setTyping(typing('!a'))).toEqual({});
  });

  test('many calls at once each get their own answer', async () => {
    const rooms = Array.from({ length: 1_000 }, (_, n) => `!room${n}`);
    const responses = await Promise.all(rooms.map((room) => client.getTyping({ roomIds: [room] })));
    expect(responses.map((response) => response.rooms[0]?.roomId)).toEqual(rooms);
  });

  test('large messages pass', async () => {
    const roomId = 'x'.repeat(5_000_000);
    expect((await client.getTyping({ roomIds: [roomId] })).rooms[0]?.roomId).toBe(roomId);
  });

  test('an error of the service arrives as INTERNAL without its text, and is logged once with it', async () => {
    const logged = under.observability.lines.filter((line) => line.includes('swordfish')).length;
    const failure = await client.setTyping(typing('fails')).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RpcError);
    expect(failure).toMatchObject({ code: 'INTERNAL' });
    expect(String(failure)).not.toContain('swordfish');
    expect(under.observability.lines.filter((line) => line.includes('swordfish'))).toHaveLength(logged + 1);
  });

  test('an RpcError of the service arrives as it is, and is not logged', async () => {
    await expect(client.setTyping(typing('refuses'))).rejects.toMatchObject({
      name: 'RpcError',
      code: 'ABORTED',
      message: 'the state has changed',
    });
    expect(under.observability.lines.filter((line) => line.includes('the state has changed'))).toEqual([]);
  });

  test('a call that takes too long ends with DEADLINE_EXCEEDED; those beside it do not', async () => {
    const startedAt = performance.now();
    const late = withCallOptions({ timeoutMs: 150 }, () => client.setTyping(typing('waits')));
    const beside = client.setTyping(typing('waits'));
    await expect(late).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(149);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    service.release();
    expect(await beside).toEqual({});
  });

  test('without other terms the default deadline holds', async () => {
    const startedAt = performance.now();
    await expect(client.setTyping(typing('waits'))).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(DEFAULT_TIMEOUT_MS - 1);
    service.release();
  });

  test('terms end with the work they were set for', async () => {
    let later: Promise<object> | undefined;
    await withCallOptions({ timeoutMs: 1 }, async () => {
      later = pass(20).then(() => client.setTyping(typing('!a')));
    });
    expect(await later).toEqual({});
  });

  test('a caller that no longer waits gets CANCELLED at once', async () => {
    const abort = new AbortController();
    const call = withCallOptions({ signal: abort.signal }, () => client.setTyping(typing('waits')));
    await vi.waitFor(() => expect(service.held).toBe(1), { timeout: 10_000 });
    abort.abort();
    await expect(call).rejects.toMatchObject({ name: 'RpcError', code: 'CANCELLED' });
    service.release();
    const arrived = service.calls.length;
    const never = withCallOptions({ signal: abort.signal }, () => client.setTyping(typing('!a')));
    await expect(never).rejects.toMatchObject({ name: 'RpcError', code: 'CANCELLED' });
    expect(service.calls).toHaveLength(arrived);
  });

  test('a sampled trace goes through: the service runs in a span below its caller', async () => {
    const spans: FinishedSpan[] = [];
    const onSpan = (span: FinishedSpan) => void spans.push(span);
    const stop = startTracing({ service: 'test', sampleRatio: 1, exportTo: { onSpan } });
    await withSpan('caller', {}, () => client.setTyping(typing('!a')));
    await stop();
    const server = spans.find(({ name }) => name === 'rpc TypingService/SetTyping');
    expect(ancestors(server, spans).at(-1)).toBe('caller');
    expect(server?.kind).toBe(under.side === 'local' ? SpanKind.INTERNAL : SpanKind.SERVER);
    expect(JSON.stringify(server?.attributes)).not.toContain('!a');
  });

  test('an unsampled trace makes no spans', async () => {
    const spans: FinishedSpan[] = [];
    const onSpan = (span: FinishedSpan) => void spans.push(span);
    const stop = startTracing({ service: 'test', sampleRatio: 0, exportTo: { onSpan } });
    await withSpan('caller', {}, () => client.setTyping(typing('!a')));
    await stop();
    expect(spans).toEqual([]);
  });

  test('log lines of the service carry the request id of its caller', async () => {
    await withRequestId('request-7', () => client.setTyping(typing('fails')).catch(() => undefined));
    const lines = under.observability.lines.filter((line) => line.includes('request-7'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('swordfish');
  });

  test('counts calls by outcome, and those in flight', async () => {
    const before = await countOf(under, 'ABORTED');
    await expect(client.setTyping(typing('refuses'))).rejects.toThrow();
    expect(await countOf(under, 'ABORTED')).toBe(before + 1);
    const call = client.setTyping(typing('waits'));
    await vi.waitFor(() => expect(service.held).toBe(1), { timeout: 10_000 });
    const text = await under.observability.metrics.metrics();
    expect(text).toContain(`plexus_rpc_in_flight{side="${under.side}",service="TypingService",method="SetTyping"} 1`);
    service.release();
    await call;
  });
}

/** Names from the span's parent up. */
function ancestors(span: FinishedSpan | undefined, spans: readonly FinishedSpan[]): string[] {
  const parent = spans.find((other) => other.spanId === span?.parentSpanId);
  return parent === undefined ? [] : [parent.name, ...ancestors(parent, spans)];
}

async function countOf({ observability, side }: ClientUnderTest, code: string): Promise<number> {
  const text = await observability.metrics.metrics();
  const labels = `{side="${side}",service="TypingService",method="SetTyping",code="${code}"}`;
  const line = text.split('\n').find((other) => other.startsWith(`plexus_rpc_seconds_count${labels}`));
  return Number(line?.split(' ').at(-1) ?? 0);
}
