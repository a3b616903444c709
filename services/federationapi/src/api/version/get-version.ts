import { type Handler, json } from '@plexus/http';

/** Server-Server API, "GET /_matrix/federation/v1/version". Element X asks it too. */
export function getVersion(version: string): Handler {
  const answer = json({ server: { name: 'Plexus', version } });
  return () => answer;
}
