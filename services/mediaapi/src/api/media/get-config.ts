import { type Handler, json } from '@plexus/http';
import type { MediaapiContext } from '../../context.ts';

/** GET /_matrix/client/v1/media/config: what clients may upload. */
export function getConfig({ rules }: MediaapiContext): Handler {
  const reply = json({ 'm.upload.size': rules.maxUploadBytes });
  return () => reply;
}
