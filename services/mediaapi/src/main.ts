import type { Handlers } from '@plexus/http';
import type { ServiceModule } from '@plexus/service';
import { createContent } from './api/media/create-content.ts';
import { getConfig } from './api/media/get-config.ts';
import { getContent } from './api/media/get-content.ts';
import { getContentThumbnail } from './api/media/get-content-thumbnail.ts';
import { uploadContent } from './api/media/upload-content.ts';
import { uploadContentToMXC } from './api/media/upload-content-to-mxc.ts';
import { createContext, type MediaapiContext } from './context.ts';
import { startSweeping } from './files/sweep-loop.ts';
import { forgetThumbnails } from './storage/thumbnails.ts';

/** The content repository: bytes on disk, addressed by their hash, and what they are called in PostgreSQL. */
export const service: ServiceModule = {
  name: 'mediaapi',
  migrations: new URL('./storage/migrations/', import.meta.url),
  afterRestore: [forgetThumbnails],
  async start(runtime) {
    const context = createContext(runtime);
    await context.files.prepare();
    const stopSweeping = startSweeping(context);
    return {
      rpc: [],
      handlers: mediaHandlers(context),
      readiness: async () => ((await context.files.isWritable()) ? [] : ['mediaapi: the media folder is not writable']),
      drain: async () => {},
      stop: async () => stopSweeping(),
    };
  },
};

/** Every operation of this service. URL previews are not served: their paths answer 404 M_UNRECOGNIZED. */
export function mediaHandlers(context: MediaapiContext): Handlers {
  return {
    'client.uploadContent': uploadContent(context),
    'client.createContent': createContent(context),
    'client.uploadContentToMXC': uploadContentToMXC(context),
    'client.getConfigAuthed': getConfig(context),
    'client.getConfig': getConfig(context),
    'client.getContentAuthed': getContent(context, 'authenticated'),
    'client.getContentOverrideNameAuthed': getContent(context, 'authenticated'),
    'client.getContentThumbnailAuthed': getContentThumbnail(context, 'authenticated'),
    'client.getContent': getContent(context, 'unauthenticated'),
    'client.getContentOverrideName': getContent(context, 'unauthenticated'),
    'client.getContentThumbnail': getContentThumbnail(context, 'unauthenticated'),
  };
}
