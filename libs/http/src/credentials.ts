import type { IncomingMessage } from 'node:http';
import { errors, MatrixHttpError } from './errors.ts';
import type { Masquerade, Refusal } from './requester.ts';

/** Longer than any token that was ever given out. */
const MAX_TOKEN_LENGTH = 4096;

/**
 * The access token of a request, from its header or, as older clients do, its query. Client-server API, "Using access tokens".
 */
export function accessTokenOf(incoming: IncomingMessage, query: URLSearchParams): string | undefined {
  const token = bearerToken(incoming.headers.authorization) ?? query.get('access_token');
  if (token === null || token === '') return undefined;
  if (token.length > MAX_TOKEN_LENGTH) throw errors.unknownToken(false);
  return token;
}

/** What the requests of one session have in common, for those who choose a replica by it. Not looked at any closer. */
export function affinityOf({ headers, url = '' }: IncomingMessage): string | undefined {
  const header = bearerToken(headers.authorization);
  if (header !== undefined) return header;
  const query = url.indexOf('?');
  return query === -1 ? undefined : (new URLSearchParams(url.slice(query)).get('access_token') ?? undefined);
}

/** As whom an application service wants to act. Application service API, "Identity assertion" (`device_id` since v1.17). */
export function masqueradeOf(query: URLSearchParams): Masquerade {
  return {
    userId: query.get('user_id') ?? undefined,
    deviceId: query.get('device_id') ?? query.get('org.matrix.msc3202.device_id') ?? undefined,
  };
}

/** The error of a token that is not accepted. */
export function refusalError({ error, softLogout }: Refusal): MatrixHttpError {
  if (error.errcode === 'M_UNKNOWN_TOKEN') return errors.unknownToken(softLogout);
  return new MatrixHttpError(error.status, error.errcode, error.error);
}

function bearerToken(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  return /^bearer /i.test(header) ? header.slice('bearer '.length).trim() : undefined;
}
