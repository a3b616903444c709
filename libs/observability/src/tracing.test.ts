import { afterEach, describe, expect, test } from 'vitest';
import { type FinishedSpan, startTracing } from './start-tracing.ts';
import { parseTraceparent } from './traceparent.ts';
import {
  currentTraceparent,
  forwardedTraceparent,
  outsideOfTrace,
  SpanKind,
  withRemoteParent,
  withSpan,
} from './tracing.ts';

const sampled = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const unsampled = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
const traceId = '0af7651916cd43dd8448eb211c80319c';

let spans: FinishedSpan[] = [];
let stop = async () => {};
function start(sampleRatio: number): void {
  spans = [];
  stop = startTracing({ service: 'test', sampleRatio, exportTo: { onSpan: (span) => void spans.push(span) } });
}
afterEach(() => stop());

const names = () => spans.map(({ name }) => name);
const find = (name: string) => spans.find((span) => span.name === name);

test('without tracing work runs, and there is no traceparent', () => {
  expect(withSpan('a', {}, () => currentTraceparent())).toBe('');
  expect(withRemoteParent(sampled, () => currentTraceparent())).toBe('');
});

describe('when everything is sampled', () => {
  test('a span inside a span is its child, across awaits', async () => {
    start(1);
    await withSpan('outer', {}, async () => {
      await Promise.resolve();
      await withSpan('inner', {}, async () => Promise.resolve());
    });
    expect(names()).toEqual(['inner', 'outer']);
    expect(find('inner')?.parentSpanId).toBe(find('outer')?.spanId);
    expect(find('outer')?.parentSpanId).toBeUndefined();
  });

  test('a span ends when its promise settles, not before', async () => {
    start(1);
    const { promise, resolve } = Promise.withResolvers<void>();
    const work = withSpan('slow', {}, () => promise);
    await Promise.resolve();
    expect(names()).toEqual([]);
    resolve();
    await work;
    expect(names()).toEqual(['slow']);
  });

  test('results and errors come out as they are; an error marks the span with its class, never its text', async () => {
    start(1);
    expect(withSpan('sync', {}, () => 7)).toBe(7);
    const error = Object.assign(new RangeError('the password is swordfish'), { code: 'E_X' });
    expect(() =>
      withSpan('throws', {}, () => {
        throw error;
      }),
    ).toThrow(error);
    await expect(withSpan('rejects', {}, async () => Promise.reject(error))).rejects.toBe(error);
    for (const name of ['throws', 'rejects'])
      expect(find(name)).toMatchObject({ hasFailed: true, attributes: { 'error.type': 'RangeError E_X' } });
    expect(find('sync')?.hasFailed).toBe(false);
    expect(JSON.stringify(spans)).not.toContain('swordfish');
  });

  test('carries attributes, given and set later, kind, and links to other traces', () => {
    start(1);
    const options = { kind: SpanKind.CONSUMER, links: [sampled, '', 'malformed'] };
    withSpan('consume', { 'plexus.batch_size': 3 }, (span) => span.setAttribute('plexus.outcome', 'done'), options);
    expect(find('consume')).toMatchObject({
      kind: SpanKind.CONSUMER,
      attributes: { 'plexus.batch_size': 3, 'plexus.outcome': 'done' },
      linkedTraceIds: [traceId],
    });
  });

  test('the traceparent names the current span, and a parent given by name is continued', () => {
    start(1);
    const traceparent = withSpan('local', {}, () => currentTraceparent());
    expect(parseTraceparent(traceparent)).toMatchObject({ spanId: find('local')?.spanId, traceFlags: 1 });
    withSpan('elsewhere', {}, () => {}, { parent: sampled });
    expect(find('elsewhere')).toMatchObject({ traceId, parentSpanId: 'b7ad6b7169203331' });
  });

  test('a loop that a request starts can leave its trace', () => {
    start(1);
    withSpan('request', {}, () => outsideOfTrace(() => withSpan('loop', {}, () => {})));
    expect(find('loop')?.traceId).not.toBe(find('request')?.traceId);
  });
});

describe('when nothing is sampled by itself', () => {
  test('no spans, no traceparent, whatever is inside', () => {
    start(0);
    const traceparent = withSpan('root', {}, (span) => {
      span.setAttribute('plexus.outcome', 'x');
      return withSpan('child', {}, () => currentTraceparent());
    });
    expect(traceparent).toBe('');
    expect(spans).toEqual([]);
  });

  test('a sampled trace of another process goes on', () => {
    start(0);
    withRemoteParent(sampled, () => withSpan('child', {}, () => {}));
    expect(find('child')).toMatchObject({ traceId, parentSpanId: 'b7ad6b7169203331' });
  });
});

test('an unsampled trace of another process stays so, even where everything is sampled', () => {
  start(1);
  withSpan('a', {}, () => withSpan('b', {}, () => {}), { parent: unsampled });
  withRemoteParent(unsampled, () => withSpan('c', {}, () => expect(currentTraceparent()).toBe('')));
  expect(spans).toEqual([]);
});

test('an empty traceparent is a caller who is not sampled: nothing is decided anew', () => {
  start(1);
  withSpan('served', {}, () => withSpan('inside', {}, () => {}), { parent: '' });
  withSpan('around', {}, () => withSpan('in a sampled one', {}, () => {}, { parent: '' }));
  expect(names()).toEqual(['around']);
});

test('what is only a part of something begins no trace, and neither does what is inside of it', () => {
  start(1);
  const part = () => withSpan('part', {}, () => withSpan('inside', {}, () => {}), { onlyInTrace: true });
  part();
  expect(spans).toEqual([]);
  withSpan('around', {}, part);
  expect(names()).toEqual(['inside', 'part', 'around']);
});

test('a hop that decides anew without a header is told of a trace that is not sampled', () => {
  expect(forwardedTraceparent()).toBe('');
  start(0);
  const forwarded = withSpan('request', {}, () => forwardedTraceparent());
  expect(parseTraceparent(forwarded)).toMatchObject({ traceFlags: 0 });
  withSpan('there', {}, () => {}, { parent: sampled });
  expect(names()).toEqual(['there']);
});

test('the decision is made once a trace: none is sampled in part', () => {
  start(0.5);
  let roots = 0;
  for (let n = 0; n < 1_000; n++)
    withSpan('root', {}, (span) => {
      if (span.sampled) roots++;
      withSpan('child', {}, () => {});
    });
  expect(roots).toBeGreaterThan(400);
  expect(roots).toBeLessThan(600);
  expect(spans.filter(({ name }) => name === 'child')).toHaveLength(roots);
  expect(spans.filter(({ parentSpanId }) => parentSpanId === undefined)).toHaveLength(roots);
});
