import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { JsonObject, ServerName, UserId } from '@plexus/matrix';
import type { Operation, OperationKey } from '@plexus/routes';
import type { ActivityRecorder } from './activity.ts';
import type { VerifyOrigin } from './authenticate-origin.ts';
import { clientAddress, type TrustedProxies } from './client-address.ts';
import { accessTokenOf, masqueradeOf, refusalError } from './credentials.ts';
import { errors } from './errors.ts';
import { noBody, type ParsedBody } from './read-body.ts';
import type { Authenticate, Masquerade, Refusal, Requester } from './requester.ts';
import type { MatrixRequest } from './types.ts';

/** What all requests of a server share. */
export interface RequestSurroundings {
  readonly authenticate: Authenticate;
  readonly activity?: ActivityRecorder | undefined;
  readonly trusted: TrustedProxies;
  /** Requests whose handlers wait and want to know when to end. */
  readonly waiting: Set<ServerRequest>;
  /** Aborted when long polls shall end. */
  readonly longPollSignal: AbortSignal;
}

/** A request on its way through the server. What most handlers do not need (query, address, signal) is made when asked for. */
export class ServerRequest implements MatrixRequest {
  readonly operation: Operation<OperationKey>;
  readonly params: Readonly<Record<string, string>>;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly receivedAt: number;
  requester: Requester | undefined = undefined;
  origin: ServerName | undefined = undefined;
  /** Set before the body is read, for a request that another server says it has signed. */
  verifyOrigin: VerifyOrigin | undefined = undefined;
  #parsed: ParsedBody = noBody();
  readonly #surroundings: RequestSurroundings;
  #query: URLSearchParams | undefined;
  #onAbandoned: (() => void) | undefined;

  constructor(
    operation: Operation<OperationKey>,
    params: Readonly<Record<string, string>>,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    receivedAt: number,
    surroundings: RequestSurroundings,
  ) {
    this.operation = operation;
    this.params = params;
    this.incoming = incoming;
    this.outgoing = outgoing;
    this.receivedAt = receivedAt;
    this.#surroundings = surroundings;
  }

  get headers(): IncomingHttpHeaders {
    return this.incoming.headers;
  }

  get body(): JsonObject {
    return this.#parsed.body;
  }

  get bodyText(): string {
    return this.#parsed.text;
  }

  setBody(parsed: ParsedBody): void {
    this.#parsed = parsed;
  }

  get query(): URLSearchParams {
    this.#query ??= queryOf(this.incoming.url ?? '');
    return this.#query;
  }

  get ip(): string {
    return clientAddress(this.incoming, this.#surroundings.trusted);
  }

  /** Who sends it, or undefined when it carries no access token; at once when the session is held. `actAs` as for `authenticate`. */
  identify(actAs?: UserId): Requester | undefined | Promise<Requester> {
    return this.#identify(actAs === undefined ? masqueradeOf(this.query) : { userId: actAs });
  }

  async tokenOwner(): Promise<Requester | undefined> {
    return this.#identify({});
  }

  #identify(masquerade: Masquerade): Requester | undefined | Promise<Requester> {
    const token = accessTokenOf(this.incoming, this.query);
    if (token === undefined) return undefined;
    const answer = this.#surroundings.authenticate(token, masquerade);
    return answer instanceof Promise ? answer.then((known) => this.#admitted(known)) : this.#admitted(answer);
  }

  #admitted(answer: Requester | Refusal): Requester {
    if (answer.kind === 'refused') throw refusalError(answer);
    this.#surroundings.activity?.seen(answer, this);
    return answer;
  }

  async authenticate(actAs?: UserId): Promise<Requester> {
    this.requester ??= await this.identify(actAs);
    if (this.requester === undefined) throw errors.missingToken();
    return this.requester;
  }

  reauthenticate(): void | Promise<void> {
    const requester = this.identify();
    if (requester instanceof Promise) return requester.then(() => undefined);
    if (requester === undefined) throw errors.missingToken();
  }

  get isAbandoned(): boolean {
    return this.#surroundings.longPollSignal.aborted || this.outgoing.destroyed;
  }

  /** Plain calls: an AbortSignal with its listeners cost a tenth of a delivery by long poll. */
  whenAbandoned(listener: () => void): () => void {
    if (this.#onAbandoned !== undefined) throw new Error('a request has one that waits for its end');
    this.#onAbandoned = listener;
    this.#surroundings.waiting.add(this);
    this.outgoing.on('close', () => this.abandon());
    return () => {
      this.#onAbandoned = undefined;
      this.#surroundings.waiting.delete(this);
    };
  }

  /** Tells the handler that nobody waits for its answer, or that it shall answer now with what it has. */
  abandon(): void {
    const listener = this.#onAbandoned;
    this.#onAbandoned = undefined;
    this.#surroundings.waiting.delete(this);
    listener?.();
  }
}

function queryOf(url: string): URLSearchParams {
  const start = url.indexOf('?');
  return new URLSearchParams(start < 0 ? '' : url.slice(start + 1));
}
