import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { JsonObject, ServerName, UserId } from '@plexus/matrix';
import type { Operation, OperationKey } from '@plexus/routes';
import type { Requester } from './requester.ts';

/** A matched, authenticated and limited request, before its handler. */
export interface MatrixRequest {
  readonly operation: Operation;
  /** Path parameters, percent-decoded once. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Address of the client; X-Forwarded-For is believed from trusted hops only. */
  readonly ip: string;
  /** Parsed JSON body; an empty object when the operation takes one and none was sent. Operations with `body: 'raw'` read `incoming`. */
  readonly body: JsonObject;
  /** The body's text as it came, for operations with `body: 'eventContent'` (a JSON object, checked); empty for all others. */
  readonly bodyText: string;
  /** Milliseconds since the epoch when the request came in. */
  readonly receivedAt: number;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  /** The client went away, or the process drains long polls. */
  readonly isAbandoned: boolean;
  /** Calls the listener once when that happens later. One at a time; the function that it gives stops listening. */
  whenAbandoned(listener: () => void): () => void;
  /** The requester of operations that need (or may have) an access token. */
  readonly requester: Requester | undefined;
  /**
   * Reads the access token of an operation whose route asks for none. `actAs`: the user that an application service acts as, where the
   * operation names it elsewhere than in the query.
   */
  authenticate(actAs?: UserId): Promise<Requester>;
  /**
   * Whose access token it is, undefined without one, for an operation that creates what an application service's identity assertion may name:
   * `user_id` and `device_id` of the query need not exist and are ignored. An application service is its sender.
   */
  tokenOwner(): Promise<Requester | undefined>;
  /**
   * Checks once more that the access token is accepted, for a handler that has waited: the session may have ended meanwhile. At once when the
   * session is held in memory.
   * @throws MatrixHttpError M_UNKNOWN_TOKEN
   */
  reauthenticate(): void | Promise<void>;
  /** The origin of a request signed by another server. */
  readonly origin: ServerName | undefined;
}

/** A request whose route demands an access token: what `authenticated(handler)` gives. */
export type AuthenticatedRequest = MatrixRequest & { readonly requester: Requester };

export type Reply =
  | {
      readonly kind: 'json';
      readonly status: number;
      readonly body: object;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** JSON text that is already serialised. */
  | {
      readonly kind: 'raw';
      readonly status: number;
      readonly body: string | Buffer;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'stream';
      readonly status: number;
      readonly body: Readable;
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'empty'; readonly status: number; readonly headers?: Readonly<Record<string, string>> };

export type Handler = (request: MatrixRequest) => Reply | Promise<Reply>;

/** The handlers of one service, by operation key; a route without one answers 404 M_UNRECOGNIZED. */
export type Handlers = Partial<Record<OperationKey, Handler>>;
