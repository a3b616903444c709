/** The files and the schema do not fit together, or a file failed. The message names the schema and the file. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

export interface AppliedMigration {
  readonly number: number;
  readonly name: string;
  readonly checksum: string;
  /** Versions that do not know this migration must not run on the schema any more. */
  readonly breaking: boolean;
}

export interface MigrationFile extends AppliedMigration {
  readonly text: string;
}

/**
 * Reads `NNNN_name.sql`. A line `-- breaking: why` anywhere says that older versions must not run on the result (a contract after an
 * expand); without it they may.
 * @throws MigrationError when the name has another form.
 */
export function parseMigration(name: string, text: string, checksum: string): MigrationFile {
  const number = /^(\d{4})_[a-z0-9_]+\.sql$/.exec(name)?.[1];
  if (number === undefined) throw new MigrationError(`${name} is not named NNNN_name.sql`);
  return { number: Number(number), name, checksum, breaking: /^-- breaking: \S/m.test(text), text };
}

/**
 * What is to be applied, and the names of what a newer version has applied already.
 * @throws MigrationError when numbers have a gap or twins, an applied file has changed, or a newer migration is breaking.
 */
export function planMigrations(
  schema: string,
  files: readonly MigrationFile[],
  applied: readonly AppliedMigration[],
): { missing: MigrationFile[]; newer: string[] } {
  for (const [index, file] of files.entries()) {
    if (file.number !== index + 1) throw new MigrationError(`${schema}: ${file.name} should have number ${index + 1}`);
  }
  const missing = files.slice(applied.length);
  const newer: string[] = [];
  for (const [index, migration] of applied.entries()) {
    if (migration.number !== index + 1) {
      throw new MigrationError(`${schema}: migration ${index + 1} was not applied but ${migration.name} was`);
    }
    const file = files[index];
    if (file === undefined) {
      if (migration.breaking)
        throw new MigrationError(
          `${schema}: ${migration.name} of a newer version is breaking; start that version or a later one`,
        );
      newer.push(migration.name);
    } else if (file.name !== migration.name || file.checksum !== migration.checksum) {
      throw new MigrationError(`${schema}: ${migration.name} is applied, but ${file.name} here is another text`);
    }
  }
  return { missing, newer };
}
