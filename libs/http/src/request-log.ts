import type { IncomingMessage } from 'node:http';
import { isJsonObject, type JsonObject, ownValue } from '@plexus/matrix';
import type { Logger } from '@plexus/observability';
import { clientAddress, type TrustedProxies } from './client-address.ts';
import type { ServerRequest } from './server-request.ts';
import type { Reply } from './types.ts';

interface Answered {
  readonly operation: string;
  readonly status: number;
  readonly errcode?: string | undefined;
  readonly milliseconds: number;
  readonly requestId: string;
  readonly traceId?: string;
  /** Undefined when the parser of HTTP refused it. */
  readonly incoming?: IncomingMessage;
}

interface Served {
  readonly milliseconds: number;
  readonly databaseMs: number;
  readonly requestId: string;
  readonly traceId: string;
}

/** Who signs in and out, and what changes how an account is reached; administrators' operations count too. */
const audited: ReadonlySet<string> = new Set([
  'client.login',
  'client.register',
  'client.logout',
  'client.logout_all',
  'client.refresh',
  'client.generateLoginToken',
  'client.changePassword',
  'client.deactivateAccount',
  'client.deleteDevice',
  'client.deleteDevices',
  'client.getWhoIs',
  'client.setAdminLockUser',
  'client.setAdminSuspendUser',
]);

/** Of a name that a client invents. */
const MAX_NAME_LENGTH = 255;

/**
 * What the log tells of each request. No line has a path, a query, a header or a body: they hold tokens and what people say. Users and
 * addresses are in access lines, which can be turned off, and in audit lines.
 */
export class RequestLog {
  readonly #log: Logger;
  readonly #isOn: () => boolean;
  readonly #trusted: TrustedProxies;
  #hasNotedForwarding = false;

  constructor(log: Logger, isOn: () => boolean, trusted: TrustedProxies) {
    this.#log = log;
    this.#isOn = isOn;
    this.#trusted = trusted;
  }

  /** A request that a handler of this process answered. */
  served(request: ServerRequest, reply: Reply, { milliseconds, databaseMs, requestId, traceId }: Served): void {
    const isAudited = audited.has(request.operation.key) || request.operation.key.startsWith('admin.');
    if (!isAudited && !this.#isOn()) return;
    const { operation, requester } = request;
    const fields = {
      operation: operation.key,
      method: request.incoming.method,
      status: reply.status,
      errcode: errcodeOf(reply),
      ms: rounded(milliseconds),
      databaseMs: rounded(databaseMs),
      user: requester?.userId,
      appservice: requester?.kind === 'appservice' ? requester.appserviceId : undefined,
      origin: request.origin,
      address: request.ip,
      requestId,
      traceId: traceId === '' ? undefined : traceId,
    };
    if (this.#isOn()) this.#log.info(fields, 'request');
    if (isAudited) this.#log.info({ ...fields, ...subjectOf(request, reply) }, 'audit');
  }

  /** A request that another process answered, or none. */
  answered({ incoming, operation, status, errcode, milliseconds, requestId, traceId }: Answered): void {
    if (!this.#isOn()) return;
    const fields = {
      operation,
      method: incoming?.method,
      status,
      errcode,
      ms: rounded(milliseconds),
      address: incoming === undefined ? undefined : clientAddress(incoming, this.#trusted),
      requestId,
      traceId: traceId === '' ? undefined : traceId,
    };
    this.#log.info(fields, 'request');
  }

  /** Says once that somebody forwards requests and is not believed: all clients behind it share its address, and its rate limits. */
  noteForwarding({ headers, socket }: IncomingMessage): void {
    if (this.#hasNotedForwarding || headers['x-forwarded-for'] === undefined) return;
    const proxy = socket.remoteAddress ?? '';
    if (this.#trusted.includes(proxy)) return;
    this.#hasNotedForwarding = true;
    this.#log.warn(
      { address: proxy },
      'X-Forwarded-For comes from an address that trustedProxies does not name and is not believed: if a proxy of yours has this address, all its clients count as one for rate limits; add it to trustedProxies',
    );
  }
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}

function errcodeOf(reply: Reply): string | undefined {
  if (reply.status < 400 || reply.kind !== 'json') return undefined;
  return 'errcode' in reply.body && typeof reply.body.errcode === 'string' ? reply.body.errcode : undefined;
}

/** Whom a login was for, successful or not, and what an administrator acted on. */
function subjectOf({ operation, params, body }: ServerRequest, reply: Reply): object {
  if (operation.auth === 'none') {
    const session = reply.kind === 'json' && 'user_id' in reply.body ? reply.body.user_id : undefined;
    return { subject: typeof session === 'string' ? session : nameIn(body) };
  }
  return Object.keys(params).length === 0 ? {} : { target: params };
}

function nameIn(body: JsonObject): string | undefined {
  const identifier = ownValue(body, 'identifier');
  const inIdentifier = isJsonObject(identifier) ? ownValue(identifier, 'user') : undefined;
  const name = inIdentifier ?? ownValue(body, 'user') ?? ownValue(body, 'username');
  return typeof name === 'string' ? name.slice(0, MAX_NAME_LENGTH) : undefined;
}
