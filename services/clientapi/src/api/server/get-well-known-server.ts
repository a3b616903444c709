import { errors, type Handler, json } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';

/** Server-server API, "GET /.well-known/matrix/server"; 404 when other servers find this one by its name. */
export function getWellKnownServer({ settings }: ClientapiContext): Handler {
  return () => {
    if (settings.delegatedServer === undefined) throw errors.notFound();
    return json({ 'm.server': settings.delegatedServer });
  };
}
