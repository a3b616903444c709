import { type SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { jaegerAgentExporter } from './jaeger-agent-exporter.ts';
import { installTracer } from './tracing.ts';

/** A span that has ended, as tests look at it. */
export interface FinishedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly kind: SpanKind;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly linkedTraceIds: readonly string[];
  readonly hasFailed: boolean;
}

export interface TracingOptions {
  /** `service.name` of the process. */
  readonly service: string;
  /** Share of new traces that are sampled, 0 to 1; a trace begun elsewhere goes by what was decided there. */
  readonly sampleRatio: number;
  /** A collector, an agent, or a function that gets each span when it ends. */
  readonly exportTo: SpanReceivers | { readonly onSpan: (span: FinishedSpan) => void };
}

export interface SpanReceivers {
  /** OTLP over HTTP (protobuf), for example http://collector:4318. */
  readonly otlpEndpoint?: string | undefined;
  /** An old Jaeger agent: thrift binary over UDP. */
  readonly jaegerAgent?: { readonly host: string; readonly port: number } | undefined;
}

/** Turns tracing of this process on. The result flushes what is waiting (at most 5 s) and turns it off. */
export function startTracing(options: TracingOptions): () => Promise<void> {
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': options.service, 'service.namespace': 'plexus' }),
    // The decision at a trace's first span and by its parent is made in withSpan, before anything is allocated.
    sampler: new AlwaysOnSampler(),
    spanProcessors: processors(options.exportTo),
  });
  installTracer({
    tracer: provider.getTracer('plexus'),
    isRootSampled: () => Math.random() < options.sampleRatio,
  });
  return async () => {
    installTracer(undefined);
    await Promise.race([provider.shutdown(), new Promise((resolve) => setTimeout(resolve, 5_000).unref())]);
  };
}

function processors(target: TracingOptions['exportTo']): SpanProcessor[] {
  if ('onSpan' in target) return [handingOver(target.onSpan)];
  const exporters: SpanExporter[] = [];
  if (target.otlpEndpoint !== undefined) exporters.push(otlpExporter(target.otlpEndpoint));
  if (target.jaegerAgent !== undefined) exporters.push(jaegerAgentExporter(target.jaegerAgent));
  return exporters.map((each) => new BatchSpanProcessor(each, { maxQueueSize: 4096, maxExportBatchSize: 512 }));
}

function otlpExporter(endpoint: string): SpanExporter {
  const url = new URL(endpoint);
  if (url.pathname === '/') url.pathname = '/v1/traces';
  return new OTLPTraceExporter({ url: url.href, timeoutMillis: 5_000 });
}

function handingOver(onSpan: (span: FinishedSpan) => void): SpanProcessor {
  return {
    onStart: () => undefined,
    onEnd: (span) =>
      onSpan({
        name: span.name,
        traceId: span.spanContext().traceId,
        spanId: span.spanContext().spanId,
        parentSpanId: span.parentSpanContext?.spanId,
        kind: span.kind,
        attributes: span.attributes,
        linkedTraceIds: span.links.map((link) => link.context.traceId),
        hasFailed: span.status.code === SpanStatusCode.ERROR,
      }),
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  };
}
