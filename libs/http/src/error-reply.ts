import type { Logger } from '@plexus/observability';
import { errors, MatrixHttpError } from './errors.ts';
import type { Match } from './router.ts';
import type { Reply } from './types.ts';

/** What a request that failed is answered with. An error nobody threw on purpose is logged, and says nothing of itself. */
export function errorReply(error: unknown, operation: string, log: Logger): Reply {
  const known = asMatrixError(error);
  if (known === undefined) {
    log.error({ err: error, operation }, 'a request failed');
    return replyOf(errors.internal());
  }
  if (known.status >= 500) log.warn({ err: error, operation, status: known.status }, 'a request could not be answered');
  return replyOf(known);
}

export function replyOf(error: MatrixHttpError): Reply {
  return { kind: 'json', status: error.status, body: error.toBody(), headers: error.headers };
}

/** The answer to a path or method that no operation has. */
export function noOperation(match: Exclude<Match, { kind: 'operation' }>): MatrixHttpError {
  switch (match.kind) {
    case 'unknownPath':
      return errors.unrecognized();
    case 'wrongMethod':
      return errors.wrongMethod(match.allow);
    case 'badPath':
      return errors.invalidParam('The path', 'is not percent-encoded UTF-8');
    default:
      return match satisfies never;
  }
}

/** Codes of calls to another service that may go well a moment later. No system or database error has such a code. */
const unavailable = new Set(['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED', 'CANCELLED']);

function asMatrixError(error: unknown): MatrixHttpError | undefined {
  if (error instanceof MatrixHttpError) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && unavailable.has(code) ? errors.unavailable() : undefined;
}
