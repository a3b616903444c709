import type { ResolveTokenRequest, ResolveTokenResponse } from '@plexus/contracts/syncapi';
import { parsePaginationToken } from '../../domain/pagination-token.ts';

/** The place in the room log that a token of /sync or /messages names; none for what is no token of this server's. */
export function resolveToken(generation: number, { token }: ResolveTokenRequest): ResolveTokenResponse {
  const parsed = parsePaginationToken(token, generation);
  return { position: parsed.kind === 'place' ? parsed.place.position : undefined };
}
