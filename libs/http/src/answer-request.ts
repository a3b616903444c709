import type { ServerName } from '@plexus/matrix';
import type { AuthKind } from '@plexus/routes';
import { errors } from './errors.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { readEventContent, readJsonBody } from './read-body.ts';
import type { ServerRequest } from './server-request.ts';
import type { Handler, MatrixRequest, Reply } from './types.ts';

/** Checks the signature of a request of another server and says which server that is. Throws M_UNAUTHORIZED. */
export type AuthenticateOrigin = (request: MatrixRequest) => ServerName | Promise<ServerName>;

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
 * 4 MiB 129 ms. Clients upload a backup's keys by the hundred, well below 1 MiB; a transaction of another server may fill the whole limit.
 */
const largestBodyOf: Readonly<Record<AuthKind, number>> = {
  none: 256 * 1024,
  optionalAccessToken: 256 * 1024,
  accessToken: 1024 * 1024,
  appserviceToken: 1024 * 1024,
  federation: Number.POSITIVE_INFINITY,
};

/** Who is it, may it be this fast, what does it say; then the handler. A body is read only of those who may send one. */
export async function answerRequest(request: ServerRequest, handler: Handler, admission: Admission): Promise<Reply> {
  const { auth, body, rate } = request.operation;
  if (auth === 'accessToken' || auth === 'appserviceToken') await request.authenticate();
  else if (auth === 'optionalAccessToken') request.requester = await request.identify();
  if (auth === 'appserviceToken' && request.requester?.kind !== 'appservice')
    throw errors.forbidden('Only application services may do this');
  if (rate !== 'none' && admission.rateLimiter !== undefined) await limit(request, admission.rateLimiter);
  const maxBytes = Math.min(admission.maxBodyBytes, largestBodyOf[auth]);
  if (body === 'json') request.setBody(await readJsonBody(request.incoming, maxBytes));
  else if (body === 'eventContent') request.setBody(await readEventContent(request.incoming, maxBytes));
  if (auth === 'federation') request.origin = await originOf(request, admission.authenticateOrigin);
  return handler(request);
}

async function limit(request: ServerRequest, limiter: RateLimiter): Promise<void> {
  const { operation, requester } = request;
  if (requester?.kind === 'appservice' && !requester.rateLimited) return;
  await limiter.take(operation.rate, requester?.userId ?? request.ip);
}

function originOf(
  request: ServerRequest,
  authenticateOrigin: AuthenticateOrigin | undefined,
): ServerName | Promise<ServerName> {
  if (authenticateOrigin === undefined) throw errors.unrecognized();
  return authenticateOrigin(request);
}
