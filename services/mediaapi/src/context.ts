import type { PlexusConfig } from '@plexus/config';
import type { ServerName } from '@plexus/matrix';
import type { Clock, Observability, Random } from '@plexus/observability';
import type { Database } from '@plexus/postgres';
import type { ServiceRuntime } from '@plexus/service';
import { MediaFiles } from './files/media-files.ts';
import { type MediaapiMetrics, mediaapiMetrics } from './metrics.ts';
import { Thumbnailer } from './thumbnails/thumbnailer.ts';

/** What the operations of this service work with. */
export interface MediaapiContext {
  readonly serverName: ServerName;
  readonly rules: PlexusConfig['media'];
  readonly database: Database;
  readonly files: MediaFiles;
  readonly thumbnailer: Thumbnailer;
  readonly clock: Clock;
  readonly random: Random;
  readonly observability: Observability;
  readonly metrics: MediaapiMetrics;
}

/** What this service takes from the process it runs in. */
export type MediaapiRuntime = Pick<ServiceRuntime, 'database' | 'clock' | 'random' | 'observability'> & {
  readonly config: Pick<PlexusConfig, 'serverName' | 'media'>;
};

export function createContext({ config, database, clock, random, observability }: MediaapiRuntime): MediaapiContext {
  const { serverName, media } = config;
  const files = new MediaFiles(media.directory, media.reserveBytes, random);
  const thumbnailer = new Thumbnailer({ database, files, maxPixels: media.maxImagePixels, clock, observability });
  const metrics = mediaapiMetrics(observability, media.directory, database, clock);
  return { serverName, rules: media, database, files, thumbnailer, clock, random, observability, metrics };
}
