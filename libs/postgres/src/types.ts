/** What a database must be for this product, held against what it is. */
export interface DatabaseCondition {
  /** Why it does not take our writes, or must not get them; empty: it takes them. */
  readonly problems: readonly string[];
  /** What works and will be trouble one day. */
  readonly remarks: readonly string[];
}

/** A statement with a name unique in the product, prepared once a connection. Tables are schema-qualified: one pool serves all services of a process. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** A value of a statement's parameter; arrays are for `unnest` and `= ANY`. bigint columns come back as numbers (all of ours are below 2^53). */
export type SqlValue =
  | string
  | number
  | boolean
  | null
  | Buffer
  | Date
  | readonly (string | null)[]
  | readonly (number | null)[]
  | readonly (boolean | null)[]
  | readonly (Buffer | null)[];

export interface Queryable {
  /** @throws DatabaseError with the SQLSTATE; `retryable` when a new connection may succeed. */
  query<Row extends object>(statement: Statement, values: readonly SqlValue[]): Promise<Row[]>;
}

export interface Transaction extends Queryable {
  readonly kind: 'transaction';
}

export interface Database extends Queryable {
  readonly kind: 'database';
  /** Runs work in one transaction on one connection; rolls back when it throws. Never ask for a second connection inside. */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** What keeps this database from taking our writes (a standby, read-only, too old, another encoding), and what is remarkable. Never rejects. */
  condition(): Promise<DatabaseCondition>;
  close(): Promise<void>;
}
