import type { QueryExistenceRequest, QueryExistenceResponse } from '@plexus/contracts/appservice';
import type { Bridge } from '../../clients/bridge.ts';
import type { Registration } from '../../domain/registration.ts';

/**
 * Asks the bridges whose namespace a user id or alias is of whether it should exist, one after another until one has made it.
 * Application Service API, "Querying".
 */
export async function queryExistence(
  { subject }: QueryExistenceRequest,
  registrations: readonly Registration[],
  bridges: ReadonlyMap<string, Bridge>,
): Promise<QueryExistenceResponse> {
  if (subject === undefined) return { exists: false };
  for (const registration of registrations) {
    const bridge = bridges.get(registration.id);
    const namespaces = subject.$case === 'userId' ? registration.users : registration.aliases;
    const name = subject.value;
    if (bridge === undefined || !namespaces.some((namespace) => namespace.matches(name))) continue;
    const answer = await (subject.$case === 'userId' ? bridge.queryUser(name) : bridge.queryAlias(name));
    if (answer.kind === 'answered' && answer.status === 200) return { exists: true };
  }
  return { exists: false };
}
