import type { Registrations } from '@plexus/appservices';
import type { MatrixError } from '@plexus/contracts/common';
import {
  isLocal,
  isNewLocalpart,
  localpartOf,
  parseUserId,
  type ServerName,
  type UserId,
  userIdFrom,
} from '@plexus/matrix';
import { matrixErrors } from './errors.ts';
import { isStorable } from './stored-text.ts';

/**
 * Why a localpart may not be registered, or undefined: its form, and the exclusive namespaces. An application service may register inside
 * its own namespaces only, and there historical localparts too: names of other networks have capitals and brackets. Application
 * Service API, "Server admin style permissions".
 */
export function localpartProblem(
  localpart: string,
  serverName: ServerName,
  registrations: Registrations,
  appserviceId: string | undefined,
): MatrixError | undefined {
  const isAcceptable = appserviceId === undefined ? isNewLocalpart(localpart) : isHistoricalLocalpart(localpart);
  const userId = isAcceptable ? userIdFrom(localpart, serverName) : undefined;
  if (userId === undefined) return matrixErrors.invalidUsername;
  const problem = registrations.userProblem(userId, appserviceId);
  if (problem === undefined) return undefined;
  return problem === 'outside' ? matrixErrors.outsideNamespace : matrixErrors.exclusive;
}

/** Appendices, "Historical User IDs": visible ASCII except the colon. */
function isHistoricalLocalpart(localpart: string): boolean {
  return /^[!-9;-~]+$/.test(localpart);
}

/**
 * The localpart that is registered for a user name. What a person typed has small letters for ASCII capitals, as when they sign in; an
 * application service goes on to name its user as it did.
 */
export function localpartOfName(name: string, appserviceId: string | undefined): string {
  if (appserviceId !== undefined) return name;
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** The localpart of a user of this server, or undefined. */
export function localLocalpart(userId: string, serverName: ServerName): string | undefined {
  const parsed = parseUserId(userId);
  return parsed !== undefined && isLocal(parsed, serverName) ? localpartOf(parsed) : undefined;
}

/** The localpart somebody means who signs in: a user id of this server or a localpart, in whatever case it was typed. */
export function localpartOfLogin(user: string, serverName: ServerName): string | undefined {
  const localpart = user.startsWith('@') ? localLocalpart(user, serverName) : user;
  return localpart !== undefined && isStorable(localpart) ? localpart.toLowerCase() : undefined;
}

/** @throws TypeError for a localpart that no account can have */
export function userIdOf(localpart: string, serverName: ServerName): UserId {
  const userId = userIdFrom(localpart, serverName);
  if (userId === undefined) throw new TypeError('an account with a localpart that is none');
  return userId;
}
