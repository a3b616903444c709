import type { IncomingMessage } from 'node:http';
import type { Requester } from '@plexus/tokens';
import { errors } from './errors.ts';

/** What a request shows to say who makes it. */
export interface Credentials {
  readonly token: string;
  /** The user an application service wants to act as (`user_id`). */
  readonly userId: string | undefined;
  /** The device it wants to act as (`device_id`, since v1.17). */
  readonly deviceId: string | undefined;
}

/**
 * Says who shows these credentials, at once when the answer is cached. Throws MatrixHttpError: M_UNKNOWN_TOKEN, or M_FORBIDDEN
 * and M_EXCLUSIVE for an application service that acts as a user outside its namespaces.
 */
export type Authenticate = (credentials: Credentials) => Requester | Promise<Requester>;

/** Longer than any token that was ever given out. */
const MAX_TOKEN_LENGTH = 4096;

/** The credentials of a request, from its header or, as older clients do, its query. Client-server API, "Using access tokens". */
export function credentialsOf(incoming: IncomingMessage, query: URLSearchParams): Credentials | undefined {
  const token = bearerToken(incoming.headers.authorization) ?? query.get('access_token');
  if (token === null || token === '') return undefined;
  if (token.length > MAX_TOKEN_LENGTH) throw errors.unknownToken(false);
  return {
    token,
    userId: query.get('user_id') ?? undefined,
    deviceId: query.get('device_id') ?? query.get('org.matrix.msc3202.device_id') ?? undefined,
  };
}

function bearerToken(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  return /^bearer /i.test(header) ? header.slice('bearer '.length).trim() : undefined;
}
