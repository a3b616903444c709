import type { MatrixError } from '@plexus/contracts/common';

/** What a request is answered with when it fails: the one error that handlers throw on purpose. Everything else is a 500. */
export class MatrixHttpError extends Error {
  readonly status: number;
  readonly errcode: string;
  /** Further fields of the error body, for example `soft_logout` or the flows of an interactive authentication. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    errcode: string,
    message: string,
    extra: {
      readonly fields?: Readonly<Record<string, unknown>>;
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(message);
    this.status = status;
    this.errcode = errcode;
    this.fields = extra.fields ?? {};
    this.headers = extra.headers ?? {};
  }

  /** The body of the answer. Client-server API, "Standard error response". */
  toBody(): object {
    return { errcode: this.errcode, error: this.message, ...this.fields };
  }
}

/**
 * The 401 that asks for stages of an interactive authentication: `body` has flows, params and session, and no errcode, since clients take
 * that for a stage that failed.
 */
export class InteractiveAuthenticationNeeded extends MatrixHttpError {
  readonly #body: object;

  constructor(body: object) {
    super(401, 'M_UNAUTHORIZED', 'Authentication is needed');
    this.#body = body;
  }

  override toBody(): object {
    return this.#body;
  }
}

/** The errors of the specification that more than one operation gives. */
export const errors = {
  forbidden: (message = 'You are not allowed to do this') => new MatrixHttpError(403, 'M_FORBIDDEN', message),
  notFound: (message = 'Not found') => new MatrixHttpError(404, 'M_NOT_FOUND', message),
  badJson: (message = 'The request body is not acceptable') => new MatrixHttpError(400, 'M_BAD_JSON', message),
  notJson: () => new MatrixHttpError(400, 'M_NOT_JSON', 'The request body is not JSON'),
  missingParam: (name: string) => new MatrixHttpError(400, 'M_MISSING_PARAM', `${name} is missing`),
  invalidParam: (name: string, message: string) => new MatrixHttpError(400, 'M_INVALID_PARAM', `${name} ${message}`),
  unrecognized: () => new MatrixHttpError(404, 'M_UNRECOGNIZED', 'Unrecognized request'),
  wrongMethod: (allow: string) =>
    new MatrixHttpError(405, 'M_UNRECOGNIZED', 'Unrecognized method for this path', { headers: { Allow: allow } }),
  limitExceeded: (retryAfterMs: number) =>
    new MatrixHttpError(429, 'M_LIMIT_EXCEEDED', 'Too many requests', {
      fields: { retry_after_ms: Math.ceil(retryAfterMs) },
      headers: { 'Retry-After': String(Math.ceil(retryAfterMs / 1000)) },
    }),
  unknownToken: (softLogout: boolean) =>
    new MatrixHttpError(401, 'M_UNKNOWN_TOKEN', 'The access token is not known', {
      fields: { soft_logout: softLogout },
    }),
  missingToken: () => new MatrixHttpError(401, 'M_MISSING_TOKEN', 'An access token is needed'),
  tooLarge: (message = 'The request is too large') => new MatrixHttpError(413, 'M_TOO_LARGE', message),
  userInUse: () => new MatrixHttpError(400, 'M_USER_IN_USE', 'This user id is taken'),
  invalidUsername: (message = 'This is not a user name that can be had') =>
    new MatrixHttpError(400, 'M_INVALID_USERNAME', message),
  exclusive: (message = 'This is reserved for an application service') =>
    new MatrixHttpError(400, 'M_EXCLUSIVE', message),
  unknown: (message: string) => new MatrixHttpError(400, 'M_UNKNOWN', message),
  /** A failure that passes. A store or a service that restarts is back within seconds. */
  unavailable: () =>
    new MatrixHttpError(503, 'M_UNKNOWN', 'The service is not available at the moment', {
      headers: { 'Retry-After': '2' },
    }),
  internal: () => new MatrixHttpError(500, 'M_UNKNOWN', 'Internal server error'),
  /** An error that another service decided on and worded for clients. */
  fromRpc: (error: MatrixError) => new MatrixHttpError(error.status, error.errcode, error.error),
};
