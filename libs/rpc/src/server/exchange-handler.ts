import { Metadata, type ServerDuplexStream, status } from '@grpc/grpc-js';
import { type Answer, type Call, ExchangeRequest, ExchangeResponse } from '@plexus/contracts/rpc';
import type { Logger, RequestCosts } from '@plexus/observability';
import { Outbox } from '../outbox.ts';
import { RpcError } from '../rpc-error.ts';
import type { Dispatcher } from './dispatcher.ts';

export type ExchangeStream = ServerDuplexStream<Buffer, Buffer>;

const noPayload = Buffer.alloc(0);
/** An unset timeout, from a caller that is not ours. */
const DEFAULT_TIMEOUT_MS = 10_000;

/** Answers the calls of one shared stream until its other side ends it. */
export function handleExchange(stream: ExchangeStream, dispatcher: Dispatcher, log: Logger): void {
  const inFlight = new Set<number>();
  const outbox = new Outbox<Answer>((answers) => {
    if (!stream.destroyed && stream.writable)
      stream.write(Buffer.from(ExchangeResponse.encode({ answers }).finish().buffer));
  });
  const answer = (id: number, costs: RequestCosts, code: number, payload: Buffer, message: string) => {
    // Cancelled in the meantime: nobody waits for it.
    if (inFlight.delete(id))
      outbox.add(
        { id, status: code, payload, message, databaseUs: Math.round(costs.databaseMs * 1_000) },
        payload.length,
      );
  };
  const serve = (call: Call) => {
    const { id, method, payload, timeoutMs, traceparent, requestId } = call;
    const costs = { databaseMs: 0 };
    const origin = { traceparent, requestId, costs };
    inFlight.add(id);
    dispatcher.call(method, payload, timeoutMs === 0 ? DEFAULT_TIMEOUT_MS : timeoutMs, origin).then(
      (response) => answer(id, costs, 0, Buffer.from(response.buffer, response.byteOffset, response.byteLength), ''),
      (error: unknown) => {
        const rpcError = error instanceof RpcError ? error : new RpcError('INTERNAL', `${method} failed`);
        if (rpcError !== error) log.error({ error, method }, 'an answer cannot be encoded');
        answer(id, costs, rpcError.status, noPayload, rpcError.message);
      },
    );
  };
  stream.on('data', (frame: Buffer) => {
    let calls: Call[];
    try {
      calls = ExchangeRequest.decode(frame).calls;
    } catch (error) {
      log.warn({ error }, 'a frame of calls cannot be decoded');
      stream.removeAllListeners('data');
      stream.emit('error', { code: status.INVALID_ARGUMENT, details: 'the frame cannot be decoded' });
      return;
    }
    for (const call of calls) {
      if (call.cancel) inFlight.delete(call.id);
      else serve(call);
    }
  });
  stream.on('end', () => {
    outbox.flush();
    stream.end();
  });
  for (const event of ['cancelled', 'error', 'close'])
    stream.on(event, () => {
      inFlight.clear();
      outbox.clear();
    });
  stream.sendMetadata(new Metadata());
}
