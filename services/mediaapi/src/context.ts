import type { PlexusConfig } from '@plexus/config';
import type { Clock, Random } from '@plexus/observability';
import type { Database } from '@plexus/postgres';
import type { BlobStore } from './blobs/blob-store.ts';
import type { Thumbnailer } from './thumbnails/thumbnailer.ts';
import type { UploadWaiters } from './upload-waiters.ts';

/** What the operations of this service work with. */
export interface MediaContext {
  readonly config: Pick<PlexusConfig, 'serverName' | 'media'>;
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly thumbnailer: Thumbnailer;
  readonly waiters: UploadWaiters;
  readonly clock: Clock;
  readonly random: Random;
}
