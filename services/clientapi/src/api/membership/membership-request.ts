import { randomUUID } from 'node:crypto';
import type { MatrixError } from '@plexus/contracts/common';
import { type AuthenticatedRequest, errors, optionalString } from '@plexus/http';
import { massagedTimestamp } from '../requester.ts';

/** What every request that changes a membership says to roomserver: its reason, and a key by which a repeated call is recognised. */
export function membershipRequest(request: AuthenticatedRequest) {
  const reason = optionalString(request.body, 'reason');
  return { ...(reason !== undefined && { reason }), ...massagedTimestamp(request), requestKey: randomUUID() };
}

/** @throws MatrixHttpError with the error that roomserver gave a command */
export async function carriedOut(answer: Promise<{ readonly error?: MatrixError | undefined }>): Promise<void> {
  const { error } = await answer;
  if (error !== undefined) throw errors.fromRpc(error);
}
