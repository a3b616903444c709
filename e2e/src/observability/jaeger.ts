import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { freePorts } from '@plexus/cli/servers';
import { eventually } from '@plexus/testkit';
import { type Json, listAt, send, textAt } from '../stack/http-client.ts';
import { checkout } from '../stack/stack.ts';

/** A real Jaeger 2 with the configuration that is shipped. */
export interface Jaeger {
  readonly otlpEndpoint: string;
  readonly agentPort: number;
  readonly services: () => Promise<string[]>;
  /** Traces as its query API gives them, newest first, at most 500. */
  readonly traces: (service: string, operation?: string) => Promise<JaegerTrace[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface JaegerTrace {
  readonly traceId: string;
  readonly spans: readonly JaegerSpan[];
}

export interface JaegerSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly name: string;
  readonly service: string;
  /** '' for the first of its trace. */
  readonly parentSpanId: string;
  /** Traces it is linked to. */
  readonly linkedTraceIds: readonly string[];
  readonly startMicroseconds: number;
  readonly microseconds: number;
  readonly tags: Readonly<Record<string, Json>>;
}

/** @param settings of deploy/otel/jaeger.yaml, by the environment */
export async function startJaeger(settings: Readonly<Record<string, string>> = {}): Promise<Jaeger> {
  const [query = 0, queryGrpc = 0, otlp = 0, agent = 0, health = 0, metrics = 0] = await freePorts(6);
  const child = spawn('jaeger', ['--config', `file:${join(checkout, 'deploy/otel/jaeger.yaml')}`], {
    stdio: 'ignore',
    env: {
      ...process.env,
      JAEGER_LISTEN_HOST: '127.0.0.1',
      JAEGER_QUERY_PORT: String(query),
      JAEGER_QUERY_GRPC_PORT: String(queryGrpc),
      JAEGER_OTLP_HTTP_PORT: String(otlp),
      JAEGER_AGENT_PORT: String(agent),
      JAEGER_HEALTH_PORT: String(health),
      JAEGER_METRICS_PORT: String(metrics),
      ...settings,
    },
  });
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = new Error(`jaeger cannot be run (./plexus test builds it, with Go): ${error.message}`);
  });
  child.once('exit', (code) => {
    failure ??= new Error(`jaeger ended with ${code}`);
  });
  const api = `http://127.0.0.1:${query}`;
  await eventually('Jaeger is up', async () => {
    if (failure !== undefined) return true;
    return (await send(`http://127.0.0.1:${health}`, 'GET', '/status').catch(() => undefined))?.status === 200;
  });
  if (failure !== undefined) throw failure;
  return {
    otlpEndpoint: `http://127.0.0.1:${otlp}`,
    agentPort: agent,
    services: async () => listAt((await send(api, 'GET', '/api/services')).json, 'data').map(String),
    traces: async (service, operation) => {
      const filter = operation === undefined ? '' : `&operation=${encodeURIComponent(operation)}`;
      const answer = await send(api, 'GET', `/api/traces?service=${service}${filter}&limit=500&lookback=1h`);
      return listAt(answer.json, 'data').map(traceOf);
    },
    async [Symbol.asyncDispose]() {
      // A store that is kept must be closed. A temporary one need not be, and a polite end takes ten seconds.
      const ended = new Promise((resolve) => child.once('exit', resolve));
      const signal = settings['JAEGER_EPHEMERAL'] === 'false' ? 'SIGTERM' : 'SIGKILL';
      if (child.exitCode === null && child.kill(signal)) await ended;
    },
  };
}

function traceOf(trace: Json): JaegerTrace {
  const traceId = textAt(trace, 'traceID');
  return { traceId, spans: listAt(trace, 'spans').map((span) => spanOf(trace, traceId, span)) };
}

function spanOf(trace: Json, traceId: string, span: Json): JaegerSpan {
  const references = listAt(span, 'references').map((reference) => ({
    kind: textAt(reference, 'refType'),
    traceId: textAt(reference, 'traceID'),
    spanId: textAt(reference, 'spanID'),
  }));
  const parent = references.find((reference) => reference.kind === 'CHILD_OF' && reference.traceId === traceId);
  return {
    traceId,
    spanId: textAt(span, 'spanID'),
    name: textAt(span, 'operationName'),
    service: textAt(trace, 'processes', textAt(span, 'processID'), 'serviceName'),
    parentSpanId: parent?.spanId ?? '',
    linkedTraceIds: references.filter((reference) => reference !== parent).map((reference) => reference.traceId),
    startMicroseconds: numberAt(span, 'startTime'),
    microseconds: numberAt(span, 'duration'),
    tags: Object.fromEntries(listAt(span, 'tags').map((tag) => [textAt(tag, 'key'), tagValue(tag)])),
  };
}

function numberAt(json: Json, key: string): number {
  const value = typeof json === 'object' && json !== null && !Array.isArray(json) ? json[key] : undefined;
  if (typeof value !== 'number') throw new Error(`no number at ${key}`);
  return value;
}

function tagValue(tag: Json): Json {
  return (typeof tag === 'object' && tag !== null && !Array.isArray(tag) ? tag['value'] : undefined) ?? null;
}
