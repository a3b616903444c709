export { oldestPostgres } from './condition.ts';
export { type DatabaseOptions, openDatabase } from './database.ts';
export { DatabaseError, isCheckViolation, isUniqueViolation } from './database-error.ts';
export { type MigrateOptions, MigrationError, migrate, pendingMigrations } from './migrate.ts';
export { type ServerSettings, serverSettings } from './settings.ts';
export { sql } from './sql.ts';
export {
  type Branded,
  branded,
  declaredStatements,
  execute,
  type RowOf,
  type SqlType,
  statement,
  type TypedStatement,
} from './statement.ts';
export type * from './types.ts';
