import type { PlexusConfig } from '@plexus/config';
import type { Logger } from '@plexus/observability';
import { migrate } from '@plexus/postgres';
import type { ServiceModule } from './service-module.ts';

/**
 * Brings the schemas of these services to their newest migrations. Any number of processes may do so at once.
 * @throws MigrationError when the database is of a newer, incompatible version.
 */
export async function runMigrations(
  modules: readonly ServiceModule[],
  config: PlexusConfig,
  log: Logger,
): Promise<void> {
  for (const { name, migrations } of modules) {
    if (migrations === undefined) continue;
    const { applied } = await migrate({ url: config.postgres.url, schema: name, directory: migrations, log });
    if (applied > 0) log.info({ schema: name, applied }, 'migrated');
  }
}
