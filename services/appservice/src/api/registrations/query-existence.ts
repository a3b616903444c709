import type { QueryExistenceRequest, QueryExistenceResponse } from '@plexus/contracts/appservice';
import type { Bridge } from '../../clients/bridge.ts';
import type { Registration } from '../../domain/registration.ts';

/**
 * Asks the bridges whose namespace a user id or alias is of whether it should exist, all at once. One that says yes has made it.
 * Application Service API, "Querying".
 */
export async function queryExistence(
  { subject }: QueryExistenceRequest,
  registrations: readonly Registration[],
  bridges: ReadonlyMap<string, Bridge>,
): Promise<QueryExistenceResponse> {
  if (subject === undefined) return { exists: false };
  const { $case: kind, value: name } = subject;
  const asked = registrations.flatMap((registration) => {
    const namespaces = kind === 'userId' ? registration.users : registration.aliases;
    return namespaces.some((namespace) => namespace.matches(name)) ? (bridges.get(registration.id) ?? []) : [];
  });
  const answers = await Promise.all(
    asked.map((bridge) => (kind === 'userId' ? bridge.queryUser(name) : bridge.queryAlias(name))),
  );
  return { exists: answers.some((answer) => answer.kind === 'answered' && answer.status === 200) };
}
