import pg from 'pg';

/** What the client itself reports of a connection (refused, reset, timed out) has no SQLSTATE; this is the standard's for it. */
const connectionFailure = '08006';
/** A defect of this program or of the client: PostgreSQL's own code for an internal error. */
const internalError = 'XX000';

/**
 * A statement failed. `sqlState` is the five characters of PostgreSQL's appendix A, `08006` for whatever happened to the connection.
 * The message is for logs only: it may quote the statement, never its parameters.
 */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly sqlState: string;
  /**
   * The same work may succeed on a new connection or in a new transaction: `isTemporary` goes by it. The outcome of a commit is unknown when
   * it was in flight.
   */
  readonly retryable: boolean;
  /** Name of the constraint that was violated. */
  readonly constraint: string | undefined;
  /** Name of the statement, or `begin`, `commit` … */
  readonly statement: string;

  constructor(statement: string, cause: unknown) {
    const message = cause instanceof Error ? cause.message : String(cause);
    super(`${statement}: ${message}`, { cause });
    this.statement = statement;
    this.sqlState = sqlStateOf(cause);
    this.retryable = isRetryable(this.sqlState) || isStalePlan(this.sqlState, message);
    this.constraint = cause instanceof pg.DatabaseError ? cause.constraint : undefined;
  }
}

/** True when an INSERT or UPDATE met an existing row; of the named constraint, when one is given. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return (
    error instanceof DatabaseError &&
    error.sqlState === '23505' &&
    (constraint === undefined || error.constraint === constraint)
  );
}

/** True when a row was not as the named constraint wants it. */
export function isCheckViolation(error: unknown, constraint: string): boolean {
  return error instanceof DatabaseError && error.sqlState === '23514' && error.constraint === constraint;
}

/**
 * True when the connection must not be used again: it is broken, the server ends it, or it leads to a server that has become read-only
 * (after a failover), where a new one may lead to the new primary since the host name is resolved again.
 */
export function spoilsConnection(error: DatabaseError): boolean {
  return (
    error.sqlState.startsWith('08') ||
    error.sqlState.startsWith('57P') ||
    error.sqlState === '25006' ||
    isStalePlan(error.sqlState, error.message)
  );
}

function sqlStateOf(cause: unknown): string {
  if (cause instanceof pg.DatabaseError && cause.code !== undefined) return cause.code;
  return isDefect(cause) ? internalError : connectionFailure;
}

/** For example a value that a parser of columns cannot represent. Errors of sockets are plain Errors with a code of the system. */
function isDefect(cause: unknown): boolean {
  return cause instanceof TypeError || cause instanceof RangeError || cause instanceof SyntaxError;
}

/** Classes of SQLSTATE: connection exceptions; server shutting down or starting; disk, memory or connections used up; I/O errors. */
const temporaryClasses = ['08', '57P', '53', '58'];
/** Read-only, serialization failure, deadlock, lock timeout. */
const temporaryStates = ['25006', '40001', '40P01', '55P03'];

function isRetryable(sqlState: string): boolean {
  return temporaryClasses.some((prefix) => sqlState.startsWith(prefix)) || temporaryStates.includes(sqlState);
}

/** A migration of a newer version changed the columns of a prepared statement: it must be prepared anew. */
function isStalePlan(sqlState: string, message: string): boolean {
  return sqlState === '0A000' && message.includes('cached plan must not change result type');
}
