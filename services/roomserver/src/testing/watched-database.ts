import { type Database, DatabaseError, type SqlValue, type Statement } from '@plexus/postgres';

/** A connection that breaks: before the statement arrives, while the server carries it out, or before its answer comes back. */
export type Loss = 'before' | 'during' | 'after';

export interface WatchedDatabase extends Database {
  /** Rows that statements have given so far. */
  readonly rows: number;
  /** Statements so far, those inside of transactions not counted. */
  readonly statements: number;
  /** The next statement whose name begins so loses its connection. */
  loseNext(statement: string, loss: Loss): void;
  /** So many statements and transactions succeed; all that come after them lose their connection. */
  loseAllAfter(statements: number): void;
  /** Whether a statement was lost by that. */
  readonly isLost: boolean;
}

/** The real database, with its rows counted and its connection broken where a test says so. */
export function watched(database: Database): WatchedDatabase {
  let rows = 0;
  let statements = 0;
  let left = Number.POSITIVE_INFINITY;
  let coming: { readonly statement: string; readonly loss: Loss } | undefined;
  const broken = (statement: Statement) => new DatabaseError(statement.name, new Error('connection lost by the test'));
  return {
    kind: 'database',
    get rows() {
      return rows;
    },
    get statements() {
      return statements;
    },
    loseNext(statement, loss) {
      coming = { statement, loss };
    },
    loseAllAfter(statements) {
      left = statements;
    },
    async query<Row extends object>(statement: Statement, values: readonly SqlValue[]): Promise<Row[]> {
      const loss = coming !== undefined && statement.name.startsWith(coming.statement) ? coming.loss : undefined;
      if (loss !== undefined) coming = undefined;
      left--;
      statements++;
      if (loss === 'before' || left < 0) throw broken(statement);
      const answer = database.query<Row>(statement, values);
      if (loss === 'during') {
        // Nobody hears any more how it ends.
        answer.catch(() => undefined);
        throw broken(statement);
      }
      const result = await answer;
      rows += result.length;
      if (loss === 'after') throw broken(statement);
      return result;
    },
    get isLost() {
      return left < 0;
    },
    async transaction(work) {
      left--;
      if (left < 0) throw new DatabaseError('transaction', new Error('connection lost by the test'));
      return database.transaction(work);
    },
    condition: () => database.condition(),
    close: () => database.close(),
  };
}
