import { type Handler, rawJson } from '@plexus/http';

/** Client-server API, "GET /_matrix/client/v3/login". */
export function getLoginFlows(): Handler {
  const answer = rawJson(
    JSON.stringify({ flows: [{ type: 'm.login.password' }, { type: 'm.login.application_service' }] }),
  );
  return () => answer;
}
