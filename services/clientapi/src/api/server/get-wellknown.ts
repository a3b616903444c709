import { errors, type Handler, json } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';

/** Client-server API, "GET /.well-known/matrix/client"; 404 when nobody has said where clients reach this server. */
export function getWellknown({ settings }: ClientapiContext): Handler {
  const { clientBaseUrl, wellKnown } = settings;
  return () => {
    if (clientBaseUrl === undefined) throw errors.notFound();
    return json({ 'm.homeserver': { base_url: clientBaseUrl }, ...wellKnown.clientContent });
  };
}
