import { type Handler, json } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';

/** Client-server API, "GET /.well-known/matrix/client". */
export function getWellknown({ settings }: ClientapiContext): Handler {
  return () => json({ 'm.homeserver': { base_url: settings.clientBaseUrl } });
}
