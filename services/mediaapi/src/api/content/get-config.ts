import { type Handler, json } from '@plexus/http';

/** Client-Server API, "GET /_matrix/client/v1/media/config", and the same under its older paths. */
export function getConfig(maxUploadBytes: number): Handler {
  const answer = json({ 'm.upload.size': maxUploadBytes });
  return () => answer;
}
