export { type DatabaseOptions, openDatabase } from './database.ts';
export { DatabaseError, isCheckViolation, isUniqueViolation } from './database-error.ts';
export { type MigrateOptions, MigrationError, migrate } from './migrate.ts';
export { sql } from './sql.ts';
export type * from './types.ts';
