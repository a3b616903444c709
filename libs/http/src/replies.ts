import { errors } from './errors.ts';
import type { AuthenticatedRequest, Handler, MatrixRequest, Reply } from './types.ts';

/** A JSON answer; 200 unless said otherwise. */
export function json(body: object, status = 200): Reply {
  return { kind: 'json', status, body };
}

/** JSON text that is already serialised, written as it is. */
export function rawJson(body: string | Buffer, status = 200): Reply {
  return { kind: 'raw', status, body };
}

/** An answer without a body. */
export function empty(status: number): Reply {
  return { kind: 'empty', status };
}

const NOTHING: Reply = { kind: 'raw', status: 200, body: '{}' };

/** The empty JSON object that most writes are answered with. */
export function emptyObject(): Reply {
  return NOTHING;
}

/** A handler of an operation whose route demands an access token. */
export function authenticated(handler: (request: AuthenticatedRequest) => Reply | Promise<Reply>): Handler {
  return (request) => {
    if (!isAuthenticated(request)) throw errors.missingToken();
    return handler(request);
  };
}

function isAuthenticated(request: MatrixRequest): request is AuthenticatedRequest {
  return request.requester !== undefined;
}
