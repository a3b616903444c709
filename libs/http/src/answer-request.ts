import type { AuthKind } from '@plexus/routes';
import type { AuthenticateOrigin } from './authenticate-origin.ts';
import { limitedAddress } from './client-address.ts';
import { errors } from './errors.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { readEventContent, readJsonBody } from './read-body.ts';
import type { Requester } from './requester.ts';
import type { ServerRequest } from './server-request.ts';
import type { Handler, Reply } from './types.ts';

export interface Admission {
  /** Without it requests that another server must have signed are refused. */
  readonly authenticateOrigin?: AuthenticateOrigin | undefined;
  /** Absent: no limits. */
  readonly rateLimiter?: RateLimiter | undefined;
  /** Of a JSON body. Uploads have their own limit, in their handler. */
  readonly maxBodyBytes: number;
}

/**
 * In bytes. A body of `[[],[],…` holds up the process while it is parsed and takes thirteen times its size in memory: 0.25 MiB 7 ms, 1 MiB 42 ms,
 * 4 MiB 129 ms. Clients upload a backup's keys by the hundred, well below 1 MiB. The route of an operation that needs more says so.
 */
const largestBodyOf: Readonly<Record<AuthKind, number>> = {
  none: 256 * 1024,
  optionalAccessToken: 256 * 1024,
  accessToken: 1024 * 1024,
  appserviceToken: 1024 * 1024,
  federation: 1024 * 1024,
};

/** Done, or a promise of it: what is at hand, such as a session that is held, costs a request no turn of the event loop. */
type Step = (request: ServerRequest, admission: Admission) => void | Promise<void>;

/** Who is it, may it be this fast, what does it say. A body is read only of those who may send one. */
const steps: readonly Step[] = [identify, limit, claimOrigin, readBody, verifyOrigin];

/** Admits the request, then the handler answers it. @throws MatrixHttpError, at once or in the promise. */
export function answerRequest(request: ServerRequest, handler: Handler, admission: Admission): Reply | Promise<Reply> {
  for (let next = 0; next < steps.length; ) {
    const waits = steps[next++]?.(request, admission);
    if (waits !== undefined) return goOn(waits, next, request, handler, admission);
  }
  return handler(request);
}

async function goOn(
  waits: Promise<void>,
  next: number,
  request: ServerRequest,
  handler: Handler,
  admission: Admission,
): Promise<Reply> {
  await waits;
  for (const step of steps.slice(next)) await step(request, admission);
  return handler(request);
}

function identify(request: ServerRequest): void | Promise<void> {
  const { auth } = request.operation;
  if (auth !== 'accessToken' && auth !== 'appserviceToken' && auth !== 'optionalAccessToken') return;
  const identified = request.identify();
  if (identified instanceof Promise) return identified.then((requester) => accept(request, requester));
  accept(request, identified);
}

function accept(request: ServerRequest, requester: Requester | undefined): void {
  const { auth } = request.operation;
  if (requester === undefined && auth !== 'optionalAccessToken') throw errors.missingToken();
  if (auth === 'appserviceToken' && requester?.kind !== 'appservice')
    throw errors.forbidden('Only application services may do this');
  request.requester = requester;
}

function limit(request: ServerRequest, { rateLimiter }: Admission): void | Promise<void> {
  const { operation, requester } = request;
  if (operation.rate === 'none' || rateLimiter === undefined) return;
  if (requester?.kind === 'appservice' && !requester.rateLimited) return;
  return rateLimiter.take(operation.rate, requester?.userId ?? limitedAddress(request.ip));
}

function claimOrigin(request: ServerRequest, { authenticateOrigin }: Admission): void | Promise<void> {
  if (request.operation.auth !== 'federation') return;
  if (authenticateOrigin === undefined) throw errors.unrecognized();
  const claimed = authenticateOrigin(request);
  if (!(claimed instanceof Promise)) request.verifyOrigin = claimed;
  else
    return claimed.then((verify) => {
      request.verifyOrigin = verify;
    });
}

function readBody(request: ServerRequest, { maxBodyBytes }: Admission): void | Promise<void> {
  const { auth, body, maxBodyBytes: ofRoute } = request.operation;
  if (body !== 'json' && body !== 'optionalJson' && body !== 'eventContent') return;
  const maxBytes = Math.min(maxBodyBytes, ofRoute ?? largestBodyOf[auth]);
  const read =
    body === 'eventContent'
      ? readEventContent(request.incoming, maxBytes)
      : // The signature of another server covers the source text of numbers.
        readJsonBody(request.incoming, maxBytes, {
          numbers: auth === 'federation' ? 'preserved' : 'ordinary',
          isOptional: body === 'optionalJson',
        });
  return read.then((parsed) => request.setBody(parsed));
}

function verifyOrigin(request: ServerRequest): void | Promise<void> {
  const { verifyOrigin: verify, operation } = request;
  if (verify === undefined) return;
  const origin = verify(operation.body === 'none' ? undefined : request.body);
  if (!(origin instanceof Promise)) request.origin = origin;
  else
    return origin.then((verified) => {
      request.origin = verified;
    });
}
