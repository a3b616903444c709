import { authenticated, errors, type Handler, json, MatrixHttpError, optionalString } from '@plexus/http';
import type { Clock } from '@plexus/observability';
import type { Bridge } from '../../clients/bridge.ts';

/** Client-Server API, "POST /_matrix/client/v1/appservice/{appserviceId}/ping". */
export function pingAppservice(
  bridgeOf: (id: string) => Bridge | undefined,
  clock: Clock,
  alive: (bridgeId: string) => void,
): Handler {
  return authenticated(async ({ requester, params, body }) => {
    const id = params['appserviceId'];
    if (requester.kind !== 'appservice' || id === undefined || requester.appserviceId !== id)
      throw errors.forbidden('The access token is not that of this application service');
    const transactionId = optionalString(body, 'transaction_id');
    const bridge = bridgeOf(id);
    if (bridge === undefined)
      throw new MatrixHttpError(400, 'M_URL_NOT_SET', 'The application service has no URL configured');
    const startedAt = clock.monotonic();
    const answer = await bridge.ping(transactionId);
    if (answer.kind === 'unreachable')
      throw answer.timeout
        ? new MatrixHttpError(504, 'M_CONNECTION_TIMEOUT', 'The application service did not answer in time')
        : new MatrixHttpError(502, 'M_CONNECTION_FAILED', 'The application service cannot be reached');
    if (answer.status !== 200)
      throw new MatrixHttpError(502, 'M_BAD_STATUS', `The application service answered ${answer.status}`, {
        fields: { status: answer.status, body: answer.body },
      });
    alive(id);
    return json({ duration_ms: Math.round(clock.monotonic() - startedAt) });
  });
}
