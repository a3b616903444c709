import { authenticated, type Handler, json } from '@plexus/http';
import type { MediaapiContext } from '../../context.ts';
import { contentUri, newMediaId } from '../../domain/media-id.ts';
import { insertMedia } from '../../storage/media.ts';
import { receiveContent } from './receive-content.ts';

/** POST /_matrix/media/v3/upload. The same bytes are kept once, under as many ids as they were uploaded. */
export function uploadContent(context: MediaapiContext): Handler {
  const { clock, database, random, rules, serverName } = context;
  return authenticated(async (request) => {
    const content = await receiveContent(context, request);
    const mediaId = newMediaId(random);
    const uploader = request.requester.userId;
    const unauthenticated = rules.unauthenticatedDownloads;
    await insertMedia(database, { ...content, mediaId, uploader, now: clock.now(), unauthenticated });
    return json({ content_uri: contentUri(serverName, mediaId) });
  });
}
