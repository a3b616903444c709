import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attributes, createObservability, type SpanReceivers, withSpan } from '@plexus/observability';
import { eventually } from '@plexus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Conversation, deliverMessage, idsOf, startConversation } from '../stack/conversation.ts';
import { checkout, type Stack, startStack } from '../stack/stack.ts';
import { configFile } from './config-file.ts';
import { type Jaeger, type JaegerSpan, type JaegerTrace, startJaeger } from './jaeger.ts';
import { metricSum } from './probes.ts';
import { tracePicture } from './trace-picture.ts';

const sendOperation = 'http client.sendMessage';

describe('a message on a running stack, asked of Jaeger', () => {
  let jaeger: Jaeger;
  let talk: Conversation;
  let message: JaegerTrace;
  let poll: JaegerTrace;
  let secrets: readonly string[];
  const body = `what-alice-says-${randomUUID()}`;

  beforeAll(async () => {
    jaeger = await startJaeger({ PLEXUS_DECISION_WAIT: '2s', PLEXUS_SAMPLING_PERCENTAGE: '100' });
    await using config = await configFile({ tracing: { otlpEndpoint: jaeger.otlpEndpoint, sampleRatio: 1 } });
    await using stack = await startStack('each', ['--config', config.path]);
    talk = await startConversation(stack.url);
    const { eventId } = await deliverMessage(talk, body, () => aPollWaits(stack));
    secrets = [...idsOf(talk), eventId, body];
    await stack.stop();
    await eventually(
      'the trace and the poll that it ended are there',
      async () => {
        const [found] = await jaeger.traces('gateway', sendOperation);
        const polls = await jaeger.traces('syncapi', 'work syncapi deliver');
        const linked = polls.find(({ spans }) =>
          spans.some((span) => span.linkedTraceIds.includes(found?.traceId ?? '')),
        );
        if (found === undefined || linked === undefined || !names(found).includes('consume ROOM_LOG')) return false;
        [message, poll] = [found, linked];
        return true;
      },
      20_000,
    );
    if (process.env['PLEXUS_WRITE_DOCS'] !== undefined)
      await writeFile(
        join(checkout, 'docs/images/trace.svg'),
        tracePicture('One message: sent, committed, published, consumed, and the long poll it ended', [
          ...message.spans,
          ...poll.spans,
        ]),
      );
  });

  afterAll(() => jaeger?.[Symbol.asyncDispose]());

  it('is one trace: gateway, clientapi, roomserver, commit, publish, consume', () => {
    const paths = new Set(message.spans.map((span) => pathOf(span, message).join(' > ')));
    const request = `gateway ${sendOperation} > clientapi ${sendOperation}`;
    const answered = `${request} > clientapi rpc client RoomserverService/SendEvents > roomserver rpc RoomserverService/SendEvents`;
    const committed = `${answered} > roomserver work commit batch`;
    expect([...paths]).toEqual(expect.arrayContaining([request, answered, committed]));
    expect(
      [...paths].filter((path) => path.startsWith(`${committed} > roomserver sql roomserver_commit`)),
    ).toHaveLength(1);
    for (const end of ['roomserver publish ROOM_LOG', 'syncapi consume ROOM_LOG', 'appservice consume ROOM_LOG'])
      expect(
        [...paths].filter((path) => path.startsWith(request) && path.endsWith(` > ${end}`)),
        end,
      ).not.toEqual([]);
  });

  it('is told by a long poll with a link to it', () => {
    const delivering = poll.spans.filter((span) => span.linkedTraceIds.includes(message.traceId));
    expect(delivering.map((span) => pathOf(span, poll).join(' > '))).toEqual([
      'gateway http client.sync > syncapi http client.sync > syncapi work syncapi deliver',
    ]);
  });

  it('names at least five services, and no span is without its parent', () => {
    const spans = [...message.spans, ...poll.spans];
    expect(new Set(spans.map(({ service }) => service)).size).toBeGreaterThanOrEqual(5);
    for (const trace of [message, poll]) {
      const ids = new Set(trace.spans.map(({ spanId }) => spanId));
      const orphans = trace.spans.filter((span) => span.parentSpanId !== '' && !ids.has(span.parentSpanId));
      expect(orphans).toEqual([]);
      expect(trace.spans.filter((span) => span.parentSpanId === '')).toHaveLength(1);
    }
  });

  it('tells nothing of users, rooms, tokens or what was said, in any trace', async () => {
    const all = await Promise.all((await jaeger.services()).map((service) => jaeger.traces(service)));
    const text = JSON.stringify(all);
    expect(text.length).toBeGreaterThan(10_000);
    expect(secrets.filter((secret) => text.includes(secret) || text.includes(encodeURIComponent(secret)))).toEqual([]);
  });
});

describe('of all traces Jaeger keeps', () => {
  it('those in its folder over a restart, as compose has it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'plexus-jaeger-'));
    const settings = {
      JAEGER_EPHEMERAL: 'false',
      JAEGER_FOLDER: folder,
      PLEXUS_DECISION_WAIT: '1s',
      PLEXUS_SAMPLING_PERCENTAGE: '100',
    };
    const kept = async (jaeger: Jaeger) => (await jaeger.traces('test', 'before the restart')).length === 1;
    {
      await using jaeger = await startJaeger(settings);
      const observability = quietObservability({ otlpEndpoint: jaeger.otlpEndpoint });
      await withSpan('before the restart', {}, async () => undefined);
      await observability.shutdown();
      await eventually('the trace is there', () => kept(jaeger), 20_000);
    }
    {
      await using again = await startJaeger(settings);
      expect(await kept(again)).toBe(true);
    }
    await rm(folder, { recursive: true, force: true });
  });

  it('those of slow and of failed requests, and of the others the share that is asked for', async () => {
    await using jaeger = await startJaeger({
      PLEXUS_DECISION_WAIT: '1s',
      PLEXUS_SAMPLING_PERCENTAGE: '0',
      PLEXUS_SLOW_MS: '300',
    });
    const observability = quietObservability({ otlpEndpoint: jaeger.otlpEndpoint });
    const request = (name: string, status: number, milliseconds: number, operation = 'client.getProfile') =>
      withSpan(
        name,
        { [attributes.httpStatus]: status, [attributes.operation]: operation },
        () => new Promise((resolve) => setTimeout(resolve, milliseconds)),
      );
    const failing = withSpan('http a call inside failed', {}, () =>
      withSpan('sql failing', {}, () => Promise.reject(new Error('no'))),
    ).catch(() => undefined);
    await Promise.all([
      failing,
      request('http answered with 500', 500, 1),
      request('http slow', 200, 400),
      request('http quick', 200, 1),
      request('http long poll', 200, 400, 'client.sync'),
    ]);
    await observability.shutdown();
    const wanted = ['http a call inside failed', 'http answered with 500', 'http slow'];
    await eventually('decided', async () => (await jaeger.traces('test')).length >= wanted.length, 15_000);
    const kept = await jaeger.traces('test');
    expect(
      kept
        .flatMap(({ spans }) => spans.filter(({ parentSpanId }) => parentSpanId === '').map(({ name }) => name))
        .toSorted(),
    ).toEqual(wanted);
  });

  it('what comes from an old agent’s port as well: thrift over UDP', async () => {
    await using jaeger = await startJaeger({ PLEXUS_DECISION_WAIT: '1s', PLEXUS_SAMPLING_PERCENTAGE: '100' });
    const observability = quietObservability({ jaegerAgent: { host: '127.0.0.1', port: jaeger.agentPort } });
    withSpan('http by the agent', { [attributes.operation]: 'client.sync' }, () =>
      withSpan('sql inside', {}, () => {}),
    );
    await observability.shutdown();
    await eventually('arrived', async () => (await jaeger.traces('test')).length === 1, 15_000);
    const [trace] = await jaeger.traces('test');
    const inside = trace?.spans.find(({ name }) => name === 'sql inside');
    if (trace === undefined || inside === undefined) throw new Error('not whole');
    expect(pathOf(inside, trace)).toEqual(['test http by the agent', 'test sql inside']);
    expect(trace.spans.find(({ name }) => name === 'http by the agent')?.tags).toMatchObject({
      'plexus.operation': 'client.sync',
    });
  });
});

function quietObservability(receivers: SpanReceivers) {
  return createObservability({
    service: 'test',
    level: 'error',
    destination: { write: () => undefined },
    tracing: { ...receivers, sampleRatio: 1 },
  });
}

function aPollWaits(stack: Stack): Promise<void> {
  return eventually('a long poll waits', async () => (await metricSum(stack, 'plexus_syncapi_waiters')) === 1);
}

function names({ spans }: JaegerTrace): string[] {
  return spans.map(({ name }) => name);
}

/** `service name` of all above a span, the first of the trace first. */
function pathOf(span: JaegerSpan, trace: JaegerTrace): string[] {
  const parent = trace.spans.find(({ spanId }) => spanId === span.parentSpanId);
  return [...(parent === undefined ? [] : pathOf(parent, trace)), `${span.service} ${span.name}`];
}
