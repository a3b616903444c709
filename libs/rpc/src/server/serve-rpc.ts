import { createHash, timingSafeEqual } from 'node:crypto';
import {
  type handleUnaryCall,
  type Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { Observability } from '@plexus/observability';
import { KEEPALIVE_MS, KEEPALIVE_TIMEOUT_MS, MAX_FRAME_BYTES } from '../limits.ts';
import { RpcError } from '../rpc-error.ts';
import type { CallOrigin } from '../served-method.ts';
import type { BoundService } from '../types.ts';
import { Dispatcher } from './dispatcher.ts';
import { type ExchangeStream, handleExchange } from './exchange-handler.ts';

export interface ServeRpcOptions {
  readonly bound: readonly BoundService[];
  /** Port 0 takes a free one. */
  readonly listen: { readonly host: string; readonly port: number };
  /** Callers must show it; without one everybody who reaches the port may call. */
  readonly token?: string | undefined;
  readonly observability: Observability;
}

export interface RpcServer {
  readonly port: number;
  /** Refuses new calls, answers those in hand for at most so long, then closes all connections. */
  stop(graceMs: number): Promise<void>;
}

export const exchangePath = '/plexus.rpc.v1.MultiplexService/Exchange';
/** A caller without a deadline is not ours. */
const DEFAULT_TIMEOUT_MS = 10_000;

/** Serves every method of the bound services as unary gRPC, and all of them over the shared stream. */
export async function serveRpc({ bound, listen, token, observability }: ServeRpcOptions): Promise<RpcServer> {
  const dispatcher = new Dispatcher(bound, observability);
  const streams = new Set<ExchangeStream>();
  const server = new Server({
    'grpc.max_receive_message_length': MAX_FRAME_BYTES,
    'grpc.max_send_message_length': MAX_FRAME_BYTES,
    'grpc.max_concurrent_streams': 1_000,
    'grpc.keepalive_time_ms': KEEPALIVE_MS,
    'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
  });
  const isAllowed = tokenCheck(token);
  const { definition, implementation } = unaryMethods(dispatcher, isAllowed, observability);
  server.addService(
    { ...definition, exchange: { ...identityCodec, path: exchangePath, requestStream: true, responseStream: true } },
    {
      ...implementation,
      exchange: (stream: ExchangeStream) => {
        if (!isAllowed(stream.metadata)) {
          stream.emit('error', {
            code: status.UNAUTHENTICATED,
            details: 'the token of the inner plane is missing or wrong',
          });
          return;
        }
        streams.add(stream);
        stream.on('close', () => streams.delete(stream));
        stream.on('cancelled', () => streams.delete(stream));
        handleExchange(stream, dispatcher, observability.log);
      },
    },
  );
  const port = await bind(server, listen);
  return {
    port,
    async stop(graceMs) {
      await dispatcher.drain(graceMs);
      // The answers that were given last are in an outbox until this turn of the event loop is over.
      await new Promise((resolve) => setImmediate(resolve));
      for (const stream of streams) stream.end();
      await shutdown(server, Math.min(graceMs, 1_000));
    },
  };
}

const identityCodec = {
  requestSerialize: (value: Buffer) => value,
  requestDeserialize: (value: Buffer) => value,
  responseSerialize: (value: Buffer) => value,
  responseDeserialize: (value: Buffer) => value,
};

function unaryMethods(
  dispatcher: Dispatcher,
  isAllowed: (metadata: Metadata) => boolean,
  { log }: Observability,
): { definition: ServiceDefinition; implementation: UntypedServiceImplementation } {
  const definition: Record<string, ServiceDefinition[string]> = {};
  const implementation: UntypedServiceImplementation = {};
  for (const path of dispatcher.paths()) {
    definition[path] = { ...identityCodec, path, requestStream: false, responseStream: false };
    const handle: handleUnaryCall<Buffer, Buffer> = (call, respond) => {
      if (!isAllowed(call.metadata)) {
        respond({ code: status.UNAUTHENTICATED, details: 'the token of the inner plane is missing or wrong' });
        return;
      }
      dispatcher.call(path, call.request, timeoutOf(call), originOf(call.metadata)).then(
        (response) => respond(null, Buffer.from(response.buffer, response.byteOffset, response.byteLength)),
        (error: unknown) => {
          const rpcError = error instanceof RpcError ? error : new RpcError('INTERNAL', `${path} failed`);
          if (rpcError !== error) log.error({ error, method: path }, 'an answer cannot be encoded');
          respond({ code: rpcError.status, details: rpcError.message });
        },
      );
    };
    implementation[path] = handle;
  }
  return { definition, implementation };
}

function originOf(metadata: Metadata): CallOrigin {
  const text = (key: string) => metadata.get(key)[0]?.toString() ?? '';
  return { traceparent: text('traceparent'), requestId: text('x-request-id') };
}

function timeoutOf(call: ServerUnaryCall<Buffer, Buffer>): number {
  const deadline = call.getDeadline();
  const at = deadline instanceof Date ? deadline.getTime() : deadline;
  return Number.isFinite(at) ? Math.max(0, at - Date.now()) : DEFAULT_TIMEOUT_MS;
}

/** Compares hashes: in constant time, and whatever the lengths. */
function tokenCheck(token: string | undefined): (metadata: Metadata) => boolean {
  if (token === undefined) return () => true;
  const digest = (value: string | Buffer) => createHash('sha256').update(value).digest();
  const expected = digest(`Bearer ${token}`);
  return (metadata) => timingSafeEqual(digest(metadata.get('authorization')[0] ?? ''), expected);
}

function bind(server: Server, { host, port }: { host: string; port: number }): Promise<number> {
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, boundPort) => {
      if (error === null) resolve(boundPort);
      else reject(error);
    });
  });
}

async function shutdown(server: Server, graceMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => server.forceShutdown(), graceMs);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
