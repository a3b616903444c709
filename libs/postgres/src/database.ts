import {
  attributes,
  counter,
  currentRequestCosts,
  gauge,
  histogram,
  type Observability,
  postgresMetrics,
  SpanKind,
  type SpanOptions,
  spanKinds,
  systemClock,
  withSpan,
} from '@plexus/observability';
import pg from 'pg';
import { toParameter } from './array-parameter.ts';
import { columnTypes } from './column-types.ts';
import { type ConditionRow, judgeCondition, readCondition, unansweredCondition } from './condition.ts';
import { DatabaseError, spoilsConnection } from './database-error.ts';
import type { Database, DatabaseCondition, SqlValue, Statement, Transaction } from './types.ts';
import { UnstorableTextError } from './unstorable-text-error.ts';

export interface DatabaseOptions {
  /** postgresql://user:password@host:port/database, or a unix socket as ?host=/path. */
  readonly url: string;
  readonly maxConnections: number;
  readonly observability: Observability;
  /** Shown in pg_stat_activity; `plexus` when absent. */
  readonly applicationName?: string;
  /** A connection was lost while a statement ran on it: nobody knows whether its commit took effect. */
  readonly onLostConnection?: (() => void) | undefined;
  /** Longest run of one statement, in milliseconds; 30,000 when absent. The client gives up 5 s later and drops the connection. */
  readonly statementTimeoutMs?: number;
}

const connectTimeoutMs = 5_000;
const idleTimeoutMs = 60_000;

/** Opens a pool; connections are made when they are needed, so this neither waits nor fails. */
export function openDatabase(options: DatabaseOptions): Database {
  const statementTimeoutMs = options.statementTimeoutMs ?? 30_000;
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.maxConnections,
    application_name: options.applicationName ?? 'plexus',
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: idleTimeoutMs,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + 5_000,
    idle_in_transaction_session_timeout: 60_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: columnTypes,
    // Statements go out without waiting for the answers of those before: BEGIN costs no round trip of its own.
    pipeline: true,
  });
  pool.on('error', (error) => options.observability.log.warn({ error }, 'idle database connection lost'));
  // A connection in use that breaks between two statements: the next statement fails, and nobody else needs to know.
  pool.on('connect', (client) =>
    client.on('error', (error) => options.observability.log.debug({ error }, 'database connection lost')),
  );
  reportPool(pool, options);
  return new PooledDatabase(pool, new Timings(options.observability, options.onLostConnection));
}

class PooledDatabase implements Database {
  readonly kind = 'database';
  readonly #pool: pg.Pool;
  readonly #timings: Timings;

  constructor(pool: pg.Pool, timings: Timings) {
    this.#pool = pool;
    this.#timings = timings;
  }

  async query<Row extends object>(statement: Statement, values: readonly SqlValue[]): Promise<Row[]> {
    return this.#withConnection((client) => this.#timings.run<Row>(client, statement, values));
  }

  async transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#withConnection(async (client) => {
      const transaction = new OpenTransaction(client, this.#timings);
      // Not awaited before the work: the first statement travels along with it.
      const begun = control(client, 'BEGIN');
      const [begin, outcome] = await Promise.allSettled([begun, work(transaction)]);
      transaction.end();
      if (begin.status === 'rejected') throw begin.reason;
      if (outcome.status === 'rejected') {
        await rollBack(client, outcome.reason);
        throw outcome.reason;
      }
      await this.#timings.commit(client);
      return outcome.value;
    });
  }

  async condition(): Promise<DatabaseCondition> {
    let client: pg.PoolClient;
    try {
      client = await this.#pool.connect();
    } catch (error) {
      return unansweredCondition(error);
    }
    let condition: DatabaseCondition = unansweredCondition(undefined);
    try {
      const asked = systemClock.now();
      const [row] = await this.#timings.run<ConditionRow>(client, readCondition, []);
      if (row !== undefined)
        condition = judgeCondition(row, this.#timings.clocksCompared(row.now, asked, systemClock.now()));
    } catch (error) {
      condition = unansweredCondition(error instanceof Error ? error.cause : error);
    } finally {
      // A connection to a standby is dropped: the next one resolves the host again and may find the primary.
      client.release(condition.problems.length > 0);
    }
    return condition;
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #withConnection<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const asked = performance.now();
    const client = await this.#pool.connect().catch((error: unknown) => {
      throw new DatabaseError('connect', error);
    });
    this.#timings.waited((performance.now() - asked) / 1_000);
    try {
      const result = await work(client);
      client.release();
      return result;
    } catch (error) {
      client.release(error instanceof DatabaseError && spoilsConnection(error));
      throw error;
    }
  }
}

class OpenTransaction implements Transaction {
  readonly kind = 'transaction';
  readonly #client: pg.PoolClient;
  readonly #timings: Timings;
  #ended = false;

  constructor(client: pg.PoolClient, timings: Timings) {
    this.#client = client;
    this.#timings = timings;
  }

  async query<Row extends object>(statement: Statement, values: readonly SqlValue[]): Promise<Row[]> {
    if (this.#ended) throw new Error(`${statement.name} came after the end of its transaction`);
    return this.#timings.run<Row>(this.#client, statement, values);
  }

  end(): void {
    this.#ended = true;
  }
}

const statementSpan: SpanOptions = { kind: SpanKind.CLIENT, onlyInTrace: true };

/** Span and histogram around statements, with what belongs to a statement's name made once. */
class Timings {
  readonly #observations = new Map<
    string,
    { span: string; attributes: Record<string, string>; observe: (s: number) => void }
  >();
  readonly #seconds;
  readonly #poolWait;
  readonly #clockSkew;
  readonly #errors;
  readonly #onLostConnection: (() => void) | undefined;

  constructor(observability: Observability, onLostConnection: (() => void) | undefined) {
    this.#onLostConnection = onLostConnection;
    this.#seconds = histogram(observability, postgresMetrics.statementSeconds);
    this.#poolWait = histogram(observability, postgresMetrics.poolWaitSeconds);
    this.#clockSkew = gauge(observability, postgresMetrics.clockSkewSeconds);
    this.#errors = counter(observability, postgresMetrics.errors);
  }

  /** Seconds that a caller waited for a connection. */
  waited(seconds: number): void {
    this.#poolWait.observe(seconds);
  }

  /**
   * @param databaseTime seconds since the epoch, between the two readings of our clock (milliseconds)
   * @returns seconds that our clock is ahead of the database's
   */
  clocksCompared(databaseTime: number, asked: number, answered: number): number {
    const skew = (asked + answered) / 2_000 - databaseTime;
    this.#clockSkew.set(skew);
    return skew;
  }

  async run<Row extends object>(
    client: pg.PoolClient,
    statement: Statement,
    values: readonly SqlValue[],
  ): Promise<Row[]> {
    const result = await this.#observed(statement.name, () =>
      client.query<Row>({ name: statement.name, text: statement.text, values: values.map(toParameter) }),
    );
    return result.rows;
  }

  async commit(client: pg.PoolClient): Promise<void> {
    const result = await this.#observed('commit', () => client.query('COMMIT'));
    // PostgreSQL answers COMMIT of a failed transaction with ROLLBACK and no error: the work caught an error it should have passed on.
    if (result.command !== 'COMMIT') throw new Error('A transaction went on after one of its statements had failed');
  }

  async #observed<T>(name: string, work: () => Promise<T>): Promise<T> {
    const observation = this.#observation(name);
    const start = performance.now();
    try {
      return await withSpan(observation.span, observation.attributes, work, statementSpan);
    } catch (error) {
      if (error instanceof UnstorableTextError) throw error;
      const failure = new DatabaseError(name, error);
      this.#errors.inc({ statement: name, sqlstate: failure.sqlState });
      if (spoilsConnection(failure)) this.#onLostConnection?.();
      throw failure;
    } finally {
      const milliseconds = performance.now() - start;
      observation.observe(milliseconds / 1_000);
      const costs = currentRequestCosts();
      if (costs !== undefined) costs.databaseMs += milliseconds;
    }
  }

  #observation(name: string) {
    const known = this.#observations.get(name);
    if (known !== undefined) return known;
    const timer = this.#seconds.labels(name);
    const observation = {
      span: `${spanKinds.sql} ${name}`,
      attributes: { [attributes.dbSystem]: 'postgresql', [attributes.dbStatement]: name },
      observe: (seconds: number) => timer.observe(seconds),
    };
    this.#observations.set(name, observation);
    return observation;
  }
}

async function control(client: pg.PoolClient, command: 'BEGIN' | 'ROLLBACK'): Promise<void> {
  try {
    await client.query(command);
  } catch (error) {
    throw new DatabaseError(command.toLowerCase(), error);
  }
}

/** @throws DatabaseError of the ROLLBACK only when the work's own error does not say already that the connection is gone. */
async function rollBack(client: pg.PoolClient, reason: unknown): Promise<void> {
  if (reason instanceof DatabaseError && spoilsConnection(reason)) return;
  await control(client, 'ROLLBACK');
}

/** Pools by registry: a process may have several, and a scrape shows all of them as one. */
const poolsOf = new WeakMap<Observability['metrics'], Set<pg.Pool>>();

function reportPool(pool: pg.Pool, options: DatabaseOptions): void {
  const { metrics } = options.observability;
  const pools = poolsOf.get(metrics) ?? new Set();
  poolsOf.set(metrics, pools.add(pool));
  const sum = (count: (each: pg.Pool) => number) => [...pools].reduce((total, each) => total + count(each), 0);
  gauge(options.observability, postgresMetrics.maxConnections, (connections) =>
    connections.set(sum(({ options: { max } }) => max)),
  );
  gauge(options.observability, postgresMetrics.connections, (connections) => {
    connections.set(
      { state: 'idle' },
      sum(({ idleCount }) => idleCount),
    );
    connections.set(
      { state: 'busy' },
      sum(({ totalCount, idleCount }) => totalCount - idleCount),
    );
    connections.set(
      { state: 'waiting' },
      sum(({ waitingCount }) => waitingCount),
    );
  });
}
