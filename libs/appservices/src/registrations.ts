import type { Namespace, Registration } from '@plexus/contracts/appservice';
import type { AppserviceSession } from '@plexus/contracts/userapi';
import type { RoomAlias, ServerName, UserId } from '@plexus/matrix';
import { compileNamespaces, type NamespaceMatcher } from './namespace.ts';

/**
 * Why an entity may not be created or deleted: it is in an exclusive namespace of (another) application service, or outside the namespaces
 * of the application service that asks. Both are M_EXCLUSIVE.
 */
export type NamespaceProblem = 'exclusive' | 'outside';

interface Namespaces {
  readonly all: NamespaceMatcher;
  readonly exclusive: NamespaceMatcher;
}

interface Appservice {
  readonly id: string;
  readonly senderUserId: string;
  readonly users: Namespaces;
  readonly aliases: Namespaces;
}

/**
 * The registrations of application services as the other services need them: whose token it is, and who may create and delete which users
 * and aliases. Nobody chooses the id of a new room, so namespaces of rooms reserve nothing: they only say what a bridge
 * receives. Application Service API, "Registration".
 */
export class Registrations {
  readonly #byId = new Map<string, Appservice>();
  readonly #byTokenHash = new Map<string, AppserviceSession>();

  constructor(registrations: readonly Registration[], serverName: ServerName) {
    for (const { id, senderLocalpart, rateLimited, users, aliases, asTokenHash } of registrations) {
      const senderUserId = `@${senderLocalpart}:${serverName}`;
      this.#byId.set(id, { id, senderUserId, users: namespacesOf(users), aliases: namespacesOf(aliases) });
      const userNamespaces = users.map(({ regex }) => regex);
      const session = { appserviceId: id, senderUserId, userNamespaces, rateLimited };
      this.#byTokenHash.set(Buffer.from(asTokenHash).toString('base64'), session);
    }
  }

  sessionOf(tokenHash: Buffer): AppserviceSession | undefined {
    return this.#byTokenHash.get(tokenHash.toString('base64'));
  }

  /** Whether a user may be created; `appserviceId` is that of the application service that asks, undefined for everybody else. */
  userProblem(userId: UserId, appserviceId: string | undefined): NamespaceProblem | undefined {
    return this.#problem(appserviceId, (appservice) => ({
      owns: appservice.senderUserId === userId || appservice.users.all(userId),
      reserves: appservice.senderUserId === userId || appservice.users.exclusive(userId),
    }));
  }

  /** The same of an alias that is created or deleted. */
  aliasProblem(alias: RoomAlias, appserviceId: string | undefined): NamespaceProblem | undefined {
    return this.#problem(appserviceId, ({ aliases }) => ({
      owns: aliases.all(alias),
      reserves: aliases.exclusive(alias),
    }));
  }

  #problem(
    appserviceId: string | undefined,
    claimOf: (appservice: Appservice) => { readonly owns: boolean; readonly reserves: boolean },
  ): NamespaceProblem | undefined {
    if (appserviceId !== undefined) {
      const asking = this.#byId.get(appserviceId);
      if (asking === undefined || !claimOf(asking).owns) return 'outside';
    }
    const others = this.#byId.values().filter(({ id }) => id !== appserviceId);
    return others.some((other) => claimOf(other).reserves) ? 'exclusive' : undefined;
  }
}

function namespacesOf(namespaces: readonly Namespace[]): Namespaces {
  const exclusive = namespaces.filter((namespace) => namespace.exclusive);
  return { all: compileNamespaces(expressionsOf(namespaces)), exclusive: compileNamespaces(expressionsOf(exclusive)) };
}

function expressionsOf(namespaces: readonly Namespace[]): string[] {
  return namespaces.map(({ regex }) => regex);
}
