import { randomUUID } from 'node:crypto';
import { attributes, spanKinds } from '@plexus/observability';
import { eventually } from '@plexus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Conversation, deliverMessage, idsOf, startConversation } from '../stack/conversation.ts';
import { send } from '../stack/http-client.ts';
import { type Layout, layouts, startStack } from '../stack/stack.ts';
import { type Collector, startCollector } from './collector.ts';
import { configFile } from './config-file.ts';
import type { ExportedSpan } from './otlp-message.ts';
import { metricSum } from './probes.ts';
import { type SpanTree, spanTree } from './span-tree.ts';

/** Kinds as OTLP numbers them. */
const kinds = { server: 2, client: 3, producer: 4, consumer: 5 };
/** The clocks of two processes of one machine. */
const CLOCK_TOLERANCE_MS = 50;

describe.each(layouts)('a message on its way to another user, layout %s', (layout) => {
  let collector: Collector;
  let talk: Conversation;
  let eventId: string;
  let tree: SpanTree;
  const body = `what-alice-says-${randomUUID()}`;
  const at = (service: string) => (layout === 'each' ? service : 'plexus');

  beforeAll(async () => {
    collector = await startCollector();
    ({ talk, eventId } = await tracedRun(layout, collector, 1, body));
    tree = spanTree(collector.spans);
  });

  afterAll(() => collector?.[Symbol.asyncDispose]());

  it('is one trace from the request to the commit', () => {
    const { traceId } = sent();
    const commit = tree.one({ name: 'work commit batch', traceId });
    const statement = tree.spans.find((span) => span.parentSpanId === commit.spanId);
    expect(statement?.name).toMatch(/^sql roomserver_commit/);
    expect(statement?.kind).toBe(kinds.client);
    const edge = `http client.sendMessage @${at('clientapi')}`;
    const below = [`work commit batch @${at('roomserver')}`, `rpc RoomserverService/SendEvents @${at('roomserver')}`];
    expect(tree.pathOf(commit)).toEqual(
      layout === 'each'
        ? [...below, 'rpc client RoomserverService/SendEvents @clientapi', edge, 'http client.sendMessage @gateway']
        : [...below, edge],
    );
  });

  it('is published and consumed in that trace', () => {
    const { traceId } = sent();
    const published = tree.one({ name: 'publish ROOM_LOG', traceId });
    expect([published.service, published.kind]).toEqual([at('roomserver'), kinds.producer]);
    const origin = `rpc RoomserverService/SendEvents @${at('roomserver')}`;
    expect(tree.pathOf(published)[1]).toBe(origin);
    const consumed = tree.spans.filter((span) => span.name === 'consume ROOM_LOG' && span.traceId === traceId);
    const consumers = consumed.map((span) => `${span.attributes[attributes.messagingConsumer]} @${span.service}`);
    expect(new Set(consumers)).toEqual(new Set([`appservice @${at('appservice')}`, `syncapi @${at('syncapi')}`]));
    expect(consumers).toHaveLength(2);
    for (const span of consumed) {
      expect(span.kind).toBe(kinds.consumer);
      expect(tree.pathOf(span)[1]).toBe(origin);
    }
  });

  it('is delivered by a long poll that links to it', () => {
    const { traceId } = sent();
    const delivered = tree.spans.filter(
      (span) => span.name === 'work syncapi deliver' && span.links.some((link) => link.traceId === traceId),
    );
    expect(delivered.length).toBeGreaterThan(0);
    for (const span of delivered) {
      expect(span.traceId).not.toBe(traceId);
      expect(tree.pathOf(span).slice(1)).toEqual(
        layout === 'each' ? ['http client.sync @syncapi', 'http client.sync @gateway'] : ['http client.sync @plexus'],
      );
    }
  });

  it('is seen in every process it passes through', () => {
    const services = new Set(tree.spans.map((span) => span.service));
    const passed = layout === 'each' ? ['gateway', 'clientapi', 'userapi', 'roomserver', 'syncapi'] : ['plexus'];
    expect([...services]).toEqual(expect.arrayContaining(passed));
  });

  it('leaves no span without its parent, and none that outlives what it is a part of', () => {
    expect(tree.spans.filter((span) => span.parentSpanId !== '' && tree.parentOf(span) === undefined)).toEqual([]);
    expect(tree.spans.filter((span) => !beginsWithinParent(span, tree.parentOf(span)))).toEqual([]);
  });

  it('begins at requests only: background loops make no traces', () => {
    const roots = new Set(tree.spans.filter((span) => span.parentSpanId === '').map((span) => span.name));
    expect([...roots].filter((name) => !name.startsWith('http client.'))).toEqual([]);
  });

  it('says of itself what the constants name, and nothing that is of a user', () => {
    const known = new Set<string>(Object.values(attributes));
    const named = new Set(tree.spans.flatMap((span) => Object.keys(span.attributes)));
    expect([...named].filter((name) => !known.has(name))).toEqual([]);
    const starts = Object.values(spanKinds).map((kind) => `${kind} `);
    const names = new Set(tree.spans.map((span) => span.name));
    expect([...names].filter((name) => !starts.some((start) => name.startsWith(start)))).toEqual([]);
    const text = collector.text();
    expect([...idsOf(talk), eventId, body].filter((secret) => text.includes(secret))).toEqual([]);
    expect(sent().attributes).toMatchObject({ 'http.request.method': 'PUT', 'http.response.status_code': 200 });
  });

  function sent(): ExportedSpan {
    return tree.one({ name: 'http client.sendMessage', service: at('gateway') });
  }
});

it('is traced as a whole or not at all when some are sampled', async () => {
  await using collector = await startCollector();
  await tracedRun('each', collector, 0.5, randomUUID());
  const { spans, parentOf } = spanTree(collector.spans);
  expect(spans.length).toBeGreaterThan(0);
  expect(spans.filter((span) => span.parentSpanId === '' && span.service !== 'gateway')).toEqual([]);
  expect(spans.filter((span) => span.parentSpanId !== '' && parentOf(span) === undefined)).toEqual([]);
});

it('exports nothing when nothing is sampled, whatever a client asks for', async () => {
  await using collector = await startCollector();
  await tracedRun('each', collector, 0, randomUUID());
  expect(collector.spans).toEqual([]);
});

/** A whole life of a stack; at its end every span has been exported. */
async function tracedRun(
  layout: Layout,
  collector: Collector,
  sampleRatio: number,
  body: string,
): Promise<{ talk: Conversation; eventId: string }> {
  await using config = await configFile({ tracing: { otlpEndpoint: collector.endpoint, sampleRatio } });
  await using stack = await startStack(layout, ['--config', config.path]);
  const talk = await startConversation(stack.url);
  const isWaiting = () =>
    eventually('a long poll waits', async () => (await metricSum(stack, 'plexus_syncapi_waiters')) === 1);
  const { eventId } = await deliverMessage(talk, body, isWaiting);
  // A stranger's header decides nothing.
  const headers = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
  for (let i = 0; i < 20; i++)
    await send(stack.url, 'GET', '/_matrix/client/v3/account/whoami', { token: talk.alice.token, headers });
  await stack.stop();
  return { talk, eventId };
}

/** Whatever a stream carries comes later; all else begins while what it belongs to still goes on. */
function beginsWithinParent(span: ExportedSpan, parent: ExportedSpan | undefined): boolean {
  if (parent === undefined) return true;
  if (span.startMs < parent.startMs - CLOCK_TOLERANCE_MS) return false;
  return (
    span.kind === kinds.producer || span.kind === kinds.consumer || span.startMs < parent.endMs + CLOCK_TOLERANCE_MS
  );
}
