import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
  SimpleSpanProcessor,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base';
import { installTracer } from './tracing.ts';

export interface TracingOptions {
  /** `service.name` of the process. */
  readonly service: string;
  /** Share of new traces that are sampled, 0 to 1; a trace begun elsewhere goes by what was decided there. */
  readonly sampleRatio: number;
  /** OTLP over HTTP (protobuf), for example http://collector:4318; or an exporter that gets each span at once, for tests. */
  readonly exportTo: { readonly otlpEndpoint: string } | { readonly exporter: SpanExporter };
}

/** Turns tracing of this process on. The result flushes what is waiting (at most 5 s) and turns it off. */
export function startTracing(options: TracingOptions): () => Promise<void> {
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': options.service, 'service.namespace': 'plexus' }),
    // The decision at a trace's first span and by its parent is made in withSpan, before anything is allocated.
    sampler: new AlwaysOnSampler(),
    spanProcessors: [processor(options.exportTo)],
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

function processor(target: TracingOptions['exportTo']): BatchSpanProcessor | SimpleSpanProcessor {
  if ('exporter' in target) return new SimpleSpanProcessor(target.exporter);
  const url = new URL(target.otlpEndpoint);
  if (url.pathname === '/') url.pathname = '/v1/traces';
  return new BatchSpanProcessor(new OTLPTraceExporter({ url: url.href, timeoutMillis: 5_000 }), {
    maxQueueSize: 4096,
    maxExportBatchSize: 512,
  });
}
