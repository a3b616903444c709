import { Client, type ClientDuplexStream, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { type Answer, type Call, ExchangeRequest, ExchangeResponse } from '@plexus/contracts/rpc';
import type { Logger } from '@plexus/observability';
import { KEEPALIVE_MS, KEEPALIVE_TIMEOUT_MS, MAX_FRAME_BYTES } from '../limits.ts';
import { Outbox } from '../outbox.ts';
import { exchangePath } from '../server/serve-rpc.ts';
import { backOffMs } from './back-off.ts';

export interface ConnectionListener {
  opened(): void;
  /** Calls without an answer get none; they may or may not have been done. */
  lost(): void;
  answered(answer: Answer): void;
}

const identity = (value: Buffer) => value;

/** The shared stream to one address, made anew for ever with jitter. */
export class Connection {
  readonly address: string;
  readonly #client: Client;
  readonly #metadata: Metadata;
  readonly #log: Logger;
  readonly #listener: ConnectionListener;
  #stream: ClientDuplexStream<Buffer, Buffer> | undefined;
  #outbox: Outbox<Call> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #attempt = 0;
  #isOpen = false;
  #isReportedAway = false;
  #isClosed = false;

  constructor(address: string, token: string | undefined, log: Logger, listener: ConnectionListener) {
    this.address = address;
    this.#log = log;
    this.#listener = listener;
    this.#metadata = new Metadata({ waitForReady: true });
    if (token !== undefined) this.#metadata.set('authorization', `Bearer ${token}`);
    this.#client = new Client(address, credentials.createInsecure(), {
      'grpc.max_receive_message_length': MAX_FRAME_BYTES,
      'grpc.max_send_message_length': MAX_FRAME_BYTES,
      'grpc.keepalive_time_ms': KEEPALIVE_MS,
      'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
      'grpc.initial_reconnect_backoff_ms': 50,
      'grpc.max_reconnect_backoff_ms': 1_000,
      'grpc.dns_min_time_between_resolutions_ms': 1_000,
      'grpc.use_local_subchannel_pool': 1,
      // The inner plane never goes through the proxy of the environment.
      'grpc.enable_http_proxy': 0,
    });
    this.#connect();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  send(call: Call): void {
    this.#outbox?.add(call, call.payload.length);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.#outbox?.flush();
    this.#stream?.end();
    this.#stream?.cancel();
    this.#client.close();
  }

  #connect(): void {
    const stream = this.#client.makeBidiStreamRequest(exchangePath, identity, identity, this.#metadata);
    this.#stream = stream;
    this.#outbox = new Outbox<Call>((calls) => {
      stream.write(Buffer.from(ExchangeRequest.encode({ calls }).finish().buffer));
    });
    stream.on('metadata', () => this.#opened());
    stream.on('data', (frame: Buffer) => this.#received(frame, stream));
    stream.on('error', (error: ServiceError) => this.#lost(stream, error.details));
    stream.on('end', () => this.#lost(stream, 'ended by the other side'));
  }

  #opened(): void {
    this.#isOpen = true;
    this.#attempt = 0;
    if (this.#isReportedAway) this.#log.info({ address: this.address }, 'a service is back');
    this.#isReportedAway = false;
    this.#listener.opened();
  }

  #received(frame: Buffer, stream: ClientDuplexStream<Buffer, Buffer>): void {
    let answers: Answer[];
    try {
      answers = ExchangeResponse.decode(frame).answers;
    } catch (error) {
      this.#log.error({ error, address: this.address }, 'a frame of answers cannot be decoded');
      stream.cancel();
      return;
    }
    for (const answer of answers) this.#listener.answered(answer);
  }

  #lost(stream: ClientDuplexStream<Buffer, Buffer>, reason: string): void {
    if (this.#stream !== stream || this.#isClosed) return;
    this.#stream = undefined;
    this.#outbox?.clear();
    this.#outbox = undefined;
    this.#isOpen = false;
    if (!this.#isReportedAway) this.#log.warn({ address: this.address, reason }, 'a service is away, trying again');
    this.#isReportedAway = true;
    this.#retry = setTimeout(() => this.#connect(), backOffMs(this.#attempt++));
    this.#listener.lost();
  }
}
