import type { Registration } from '@plexus/contracts/appservice';
import type { AppserviceSession } from '@plexus/contracts/userapi';
import type { ServerName, UserId } from '@plexus/matrix';
import { compileNamespaces, type NamespaceMatcher } from '@plexus/tokens';

interface Appservice {
  readonly id: string;
  readonly senderUserId: string;
  readonly session: AppserviceSession;
  readonly users: NamespaceMatcher;
  readonly exclusiveUsers: NamespaceMatcher;
}

/** The application services as accounts and sessions need them; regular expressions are compiled once. */
export class Registrations {
  readonly #byId = new Map<string, Appservice>();
  readonly #byTokenHash = new Map<string, AppserviceSession>();

  constructor(registrations: readonly Registration[], serverName: ServerName) {
    for (const registration of registrations) {
      const appservice = appserviceOf(registration, serverName);
      this.#byId.set(registration.id, appservice);
      this.#byTokenHash.set(Buffer.from(registration.asTokenHash).toString('base64'), appservice.session);
    }
  }

  sessionOf(tokenHash: Buffer): AppserviceSession | undefined {
    return this.#byTokenHash.get(tokenHash.toString('base64'));
  }

  mayRegister(appserviceId: string, userId: UserId): boolean {
    const appservice = this.#byId.get(appserviceId);
    return appservice !== undefined && (appservice.senderUserId === userId || appservice.users(userId));
  }

  /** Whether the user id belongs to an application service other than this one: in an exclusive namespace, or as its sender. */
  isExclusiveToAnother(userId: UserId, appserviceId: string | undefined): boolean {
    for (const appservice of this.#byId.values())
      if (appservice.id !== appserviceId && (appservice.senderUserId === userId || appservice.exclusiveUsers(userId)))
        return true;
    return false;
  }
}

function appserviceOf(registration: Registration, serverName: ServerName): Appservice {
  const { id, senderLocalpart, rateLimited, users } = registration;
  const senderUserId = `@${senderLocalpart}:${serverName}`;
  const expressions = users.map(({ regex }) => regex);
  return {
    id,
    senderUserId,
    session: { appserviceId: id, senderUserId, userNamespaces: expressions, rateLimited },
    users: compileNamespaces(expressions),
    exclusiveUsers: compileNamespaces(users.filter(({ exclusive }) => exclusive).map(({ regex }) => regex)),
  };
}
