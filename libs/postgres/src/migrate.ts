import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { Logger } from '@plexus/observability';
import pg from 'pg';
import {
  type AppliedMigration,
  MigrationError,
  type MigrationFile,
  parseMigration,
  planMigrations,
} from './migration-plan.ts';

import { sql } from './sql.ts';
import type { Queryable, Statement } from './types.ts';

export { MigrationError } from './migration-plan.ts';

export interface MigrateOptions {
  readonly url: string;
  /** Made when it is absent. A plain lower-case name. */
  readonly schema: string;
  /** Folder of `NNNN_name.sql` files. */
  readonly directory: URL;
  readonly log: Logger;
}

const schemaName = /^[a-z][a-z0-9_]*$/;

/**
 * Brings a schema to the newest of the numbered .sql files, each in a transaction of its own, under an advisory lock: of several
 * processes that start at once one migrates and the others wait. Forward only. Migrations that a newer version has applied are accepted
 * unless one of them says that it is breaking.
 * @throws MigrationError when the files are not a continuation of what was applied, or the schema is of a newer, incompatible version.
 */
export async function migrate(options: MigrateOptions): Promise<{ applied: number }> {
  if (!schemaName.test(options.schema)) throw new MigrationError(`${options.schema} is not a schema name`);
  const files = await readMigrations(options.directory);
  const client = new pg.Client({ connectionString: options.url, application_name: 'plexus migrate', keepAlive: true });
  await client.connect();
  try {
    return await underLock(client, options, () => applyMissing(client, options, files));
  } finally {
    await client.end();
  }
}

/**
 * Names of the migrations that `migrate` would apply, and how many there are applied. Changes nothing.
 * @throws MigrationError as migrate does
 */
export async function pendingMigrations(
  queryable: Queryable,
  { schema, directory }: Pick<MigrateOptions, 'schema' | 'directory'>,
): Promise<{ readonly applied: number; readonly pending: readonly string[] }> {
  const [table] = await queryable.query<{ exists: boolean }>(migrationTableExists, [`${schema}.migration`]);
  const applied = table?.exists === true ? await queryable.query<AppliedMigration>(appliedIn(schema), []) : [];
  const { missing } = planMigrations(schema, await readMigrations(directory), applied);
  return { applied: applied.length, pending: missing.map(({ name }) => name) };
}

const migrationTableExists = sql('postgres_migration_table_exists', 'SELECT to_regclass($1) IS NOT NULL AS exists');

function appliedIn(schema: string): Statement {
  if (!schemaName.test(schema)) throw new MigrationError(`${schema} is not a schema name`);
  return sql(`${schema}_applied_migrations`, applied(schema));
}

function applied(schema: string): string {
  return `SELECT number, name, checksum, breaking FROM ${schema}.migration ORDER BY number`;
}

async function underLock<T>(client: pg.Client, { schema, log }: MigrateOptions, work: () => Promise<T>): Promise<T> {
  const key = [`plexus migrate ${schema}`];
  const { rows } = await client.query<{ got: boolean }>(
    'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS got',
    key,
  );
  if (rows[0]?.got !== true) {
    log.info({ schema }, 'waits for another process that migrates');
    await client.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', key);
  }
  // The lock belongs to the session and ends with it.
  return work();
}

async function applyMissing(
  client: pg.Client,
  options: MigrateOptions,
  files: MigrationFile[],
): Promise<{ applied: number }> {
  const { schema, log } = options;
  const plan = planMigrations(schema, files, await readApplied(client, schema));
  if (plan.newer.length > 0) log.info({ schema, newer: plan.newer }, 'the schema is of a newer, compatible version');
  for (const [index, file] of plan.missing.entries()) {
    const start = performance.now();
    await applyOne(client, schema, file);
    const milliseconds = Math.round(performance.now() - start);
    log.info({ schema, migration: file.name, step: index + 1, of: plan.missing.length, milliseconds }, 'migrated');
  }
  return { applied: plan.missing.length };
}

async function applyOne(client: pg.Client, schema: string, file: MigrationFile): Promise<void> {
  await client.query('BEGIN');
  try {
    // Waiting longer for a lock would block everyone who comes after in the lock's queue.
    await client.query(`SET LOCAL lock_timeout = '10s'`);
    await client.query(file.text);
    await client.query(`INSERT INTO ${schema}.migration (number, name, checksum, breaking) VALUES ($1, $2, $3, $4)`, [
      file.number,
      file.name,
      file.checksum,
      file.breaking,
    ]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    const reason = error instanceof Error ? error.message : String(error);
    throw new MigrationError(`${schema}: ${file.name} failed: ${reason}`, { cause: error });
  }
}

async function readApplied(client: pg.Client, schema: string): Promise<AppliedMigration[]> {
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
  await client.query(`CREATE TABLE IF NOT EXISTS ${schema}.migration (
    number integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    breaking boolean NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
  )`);
  const { rows } = await client.query<AppliedMigration>(applied(schema));
  return rows;
}

async function readMigrations(directory: URL): Promise<MigrationFile[]> {
  const folder = directory.href.endsWith('/') ? directory : new URL(`${directory.href}/`);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).toSorted();
  return Promise.all(
    names.map(async (name) => {
      const text = (await readFile(new URL(name, folder), 'utf8')).replaceAll('\r\n', '\n');
      return parseMigration(name, text, createHash('sha256').update(text).digest('hex'));
    }),
  );
}
