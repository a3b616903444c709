import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';

/**
 * Sends spans as Jaeger's own client for Node did: thrift binary over UDP, to an agent's port 6832. The library behind it (jaeger-client) is
 * deprecated by its makers for OTLP, so it is loaded only where an agent is configured.
 */
export function jaegerAgentExporter({ host, port }: { readonly host: string; readonly port: number }): SpanExporter {
  const loaded = import('@opentelemetry/exporter-jaeger').then(
    ({ JaegerExporter }) => new JaegerExporter({ host, port, maxPacketSize: MAX_PACKET_BYTES }),
  );
  // A failure to load is every export's failure.
  loaded.catch(() => undefined);
  const send = async (spans: ReadableSpan[], done: (result: ExportResult) => void): Promise<void> => {
    try {
      (await loaded).export(spans, done);
    } catch (error) {
      done({ code: FAILED, error: error instanceof Error ? error : new Error(String(error)) });
    }
  };
  return {
    export: (spans, done) => void send(spans, done),
    forceFlush: async () => (await loaded).forceFlush(),
    shutdown: async () => (await loaded).shutdown(),
  };
}

type ExportResult = Parameters<Parameters<SpanExporter['export']>[1]>[0];

/** What agents read at most; a datagram of the loopback interface could be larger. */
const MAX_PACKET_BYTES = 65_000;
/** ExportResultCode.FAILED of OpenTelemetry. */
const FAILED = 1;
