import { errors, type Requester } from '@plexus/http';
import type { RoomAlias } from '@plexus/matrix';
import type { ClientapiContext } from '../../context.ts';

/**
 * An alias in an exclusive namespace is created and deleted by its application service only, and an application service creates and
 * deletes none outside its own namespaces. Application Service API, "Registration". Throws M_EXCLUSIVE.
 */
export async function requireAliasNamespace(
  { registrations }: ClientapiContext,
  requester: Requester,
  alias: RoomAlias,
): Promise<void> {
  const appserviceId = requester.kind === 'appservice' ? requester.appserviceId : undefined;
  const problem = (await registrations.current()).aliasProblem(alias, appserviceId);
  if (problem === 'exclusive') throw errors.exclusive('This alias is reserved for an application service');
  if (problem === 'outside') throw errors.exclusive('This alias is outside the namespaces of the application service');
}
