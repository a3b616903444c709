import type { Handler } from '@plexus/http';
import type { ServiceModule } from '@plexus/service';
import { createContent } from './api/content/create-content.ts';
import { notFound } from './api/content/find-content.ts';
import { getConfig } from './api/content/get-config.ts';
import { getContent } from './api/content/get-content.ts';
import { getContentThumbnail } from './api/content/get-content-thumbnail.ts';
import { uploadContent } from './api/content/upload-content.ts';
import { uploadContentToMXC } from './api/content/upload-content-to-mxc.ts';
import { BlobStore } from './blobs/blob-store.ts';
import type { MediaContext } from './context.ts';
import { Thumbnailer } from './thumbnails/thumbnailer.ts';
import { UploadWaiters } from './upload-waiters.ts';

/** Files and pictures. */
export const service: ServiceModule = {
  name: 'mediaapi',
  migrations: new URL('../migrations/', import.meta.url),
  start: async ({ config, clock, database, observability, random }) => {
    const blobs = new BlobStore(config.media.directory);
    await blobs.open(clock.now());
    const thumbnailer = new Thumbnailer(blobs, config.media.maxImagePixels, observability);
    const context: MediaContext = { config, database, blobs, thumbnailer, waiters: new UploadWaiters(), clock, random };
    // Whoever knows a link could see what is behind it: off unless the operator still needs clients from before v1.11.
    const legacy = (handler: Handler): Handler =>
      config.media.unauthenticatedDownloads
        ? handler
        : () => {
            throw notFound();
          };
    return {
      rpc: [],
      handlers: {
        'client.getConfigAuthed': getConfig(config.media.maxUploadBytes),
        'client.getConfig': getConfig(config.media.maxUploadBytes),
        'client.uploadContent': uploadContent(context),
        'client.createContent': createContent(context),
        'client.uploadContentToMXC': uploadContentToMXC(context),
        'client.getContentAuthed': getContent(context),
        'client.getContentOverrideNameAuthed': getContent(context),
        'client.getContentThumbnailAuthed': getContentThumbnail(context),
        'client.getContent': legacy(getContent(context)),
        'client.getContentOverrideName': legacy(getContent(context)),
        'client.getContentThumbnail': legacy(getContentThumbnail(context)),
      },
      readiness: async () => [],
      drain: async () => {},
      stop: async () => {},
    };
  },
};
