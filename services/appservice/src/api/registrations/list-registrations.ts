import type { ListRegistrationsResponse, Namespace as NamespaceMessage } from '@plexus/contracts/appservice';
import type { Namespace, Registration } from '../../domain/registration.ts';

/** What the other services need to know of the bridges: no token, only its hash. */
export function listRegistrations(registrations: readonly Registration[]): ListRegistrationsResponse {
  return {
    registrations: registrations.map((registration) => ({
      id: registration.id,
      asTokenHash: registration.asTokenHash,
      senderLocalpart: registration.senderLocalpart,
      rateLimited: registration.rateLimited,
      users: registration.users.map(message),
      aliases: registration.aliases.map(message),
      rooms: registration.rooms.map(message),
      protocols: [...registration.protocols],
    })),
  };
}

function message({ regex, exclusive }: Namespace): NamespaceMessage {
  return { regex, exclusive };
}
