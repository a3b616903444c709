import { type Database, type Statement, sql } from '@plexus/postgres';

/** A room, a user, or an entry without either, that is set aside in a service. */
export interface DeadLetterLine {
  readonly service: string;
  readonly log: string;
  readonly line: string | null;
  readonly entries: number;
  readonly since: Date;
  /** Of the entry that could not be applied. */
  readonly error: string;
}

/** What an operator sees and does about dead letters, in every service that has them. */
export interface DeadLetters {
  list(): Promise<DeadLetterLine[]>;
  /** Lets the consumers apply a line again, or all; how many entries wait in it. */
  release(line: string | undefined): Promise<number>;
}

const selectSchemas = sql(
  'streams_dead_letter_schemas',
  `SELECT table_schema AS schema FROM information_schema.tables WHERE table_name = 'dead_letter' ORDER BY table_schema`,
);

/** Finds the services' tables of dead letters in a database. */
export async function openDeadLetters(database: Database): Promise<DeadLetters> {
  const rows = await database.query<{ schema: string }>(selectSchemas, []);
  const services = rows.map(({ schema }) => ({ service: schema, ...lineStatements(schema) }));
  return {
    async list() {
      const lines: DeadLetterLine[] = [];
      for (const { service, lines: statement } of services) {
        const found = await database.query<Omit<DeadLetterLine, 'service'>>(statement, []);
        lines.push(...found.map((line) => ({ service, ...line })));
      }
      return lines;
    },
    async release(line) {
      let released = 0;
      for (const { release } of services) released += (await database.query(release, [line ?? null])).length;
      return released;
    },
  };
}

function lineStatements(schema: string): { readonly lines: Statement; readonly release: Statement } {
  const table = `${schema}.dead_letter`;
  return {
    lines: sql(
      `${schema}_dead_letter_lines`,
      `SELECT log, line, count(*) AS entries, min(parked_at) AS since, (array_agg(error ORDER BY position))[1] AS error
       FROM ${table} GROUP BY log, line, CASE WHEN line IS NULL THEN position END ORDER BY min(parked_at)`,
    ),
    release: sql(
      `${schema}_dead_letter_release`,
      `UPDATE ${table} SET retry = true WHERE $1::text IS NULL OR line = $1 RETURNING position`,
    ),
  };
}
