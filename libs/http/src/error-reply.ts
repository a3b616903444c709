import { isTemporary, type Logger } from '@plexus/observability';
import { errors, MatrixHttpError } from './errors.ts';
import type { Match } from './router.ts';
import type { Reply } from './types.ts';

/**
 * What a request that failed is answered with: an error that a handler threw on purpose as it says, one that may pass (`isTemporary`) with
 * 503, any other with 500. The text of the last two is logged and never sent.
 */
export function errorReply(error: unknown, operation: string, log: Logger): Reply {
  const known = asMatrixError(error);
  if (known === undefined) {
    log.error({ error, operation }, 'a request failed');
    return replyOf(errors.internal());
  }
  if (known.status >= 500) log.warn({ error, operation, status: known.status }, 'a request could not be answered');
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

function asMatrixError(error: unknown): MatrixHttpError | undefined {
  if (error instanceof MatrixHttpError) return error;
  if (isTemporary(error)) return errors.unavailable();
  return isInvalidArgument(error) ? errors.invalidParam('A value', 'cannot be stored: it contains U+0000') : undefined;
}

/** Text with U+0000 that reached the database, in this process or another: no field of a request may hold it, save for JSON that is stored whole. */
function isInvalidArgument(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'INVALID_ARGUMENT';
}
