import type { JsonObject, ServerName } from '@plexus/matrix';
import type { MatrixRequest } from './types.ts';

/**
 * Authenticates a request of another server in two steps. The first is done before the body is read: who claims to have signed it, whether
 * that server may call, and which key it signed with. It gives the second: the check of the signature over the content, which says
 * which server has sent the request. Both throw MatrixHttpError.
 */
export type AuthenticateOrigin = (request: MatrixRequest) => VerifyOrigin | Promise<VerifyOrigin>;
export type VerifyOrigin = (content: JsonObject | undefined) => ServerName | Promise<ServerName>;
