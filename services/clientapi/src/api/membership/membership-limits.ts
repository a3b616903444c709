import { type AuthenticatedRequest, MatrixHttpError, type RateLimiter } from '@plexus/http';
import type { RateClass } from '@plexus/routes';
import type { ClientapiContext } from '../../context.ts';

/** The memberships that a request is about to change. */
export interface CountedChanges {
  /** Whom the requester invites, once for each invite. */
  readonly invited?: readonly string[];
  /** Rooms that the requester enters or asks to enter. */
  readonly entered?: number;
}

type Tokens = readonly [rateClass: RateClass, subject: string, count: number];

/**
 * Carries out what changes memberships, within the limits of its sender and of those whom it concerns, whichever request it comes from.
 * What was refused does not count. M_LIMIT_EXCEEDED.
 */
export async function withinLimits<Answer>(
  { limiter }: Pick<ClientapiContext, 'limiter'>,
  { requester }: Pick<AuthenticatedRequest, 'requester'>,
  changes: CountedChanges,
  carryOut: () => Promise<Answer>,
): Promise<Answer> {
  if (requester.kind === 'appservice' && !requester.rateLimited) return carryOut();
  const taken: Tokens[] = [];
  try {
    for (const tokens of ofSender(requester.userId, changes)) {
      await limiter.take(...tokens);
      taken.push(tokens);
    }
    await takeAll(limiter, ofReceivers(changes), taken);
    return await carryOut();
  } catch (error) {
    // After any other error nobody knows whether it was done.
    if (error instanceof MatrixHttpError && error.status < 500)
      await Promise.all(taken.map((tokens) => limiter.giveBack(...tokens)));
    throw error;
  }
}

function ofSender(sender: string, { invited = [], entered = 0 }: CountedChanges): Tokens[] {
  const tokens: Tokens[] = [];
  if (entered > 0) tokens.push(['join', sender, entered]);
  if (invited.length > 0) tokens.push(['invite', sender, invited.length]);
  return tokens;
}

function ofReceivers({ invited = [] }: CountedChanges): Tokens[] {
  return invited.map((userId) => ['inviteReceived', userId, 1]);
}

/** All at once, and what was taken is noted before the first that was not there is reported. */
async function takeAll(limiter: RateLimiter, wanted: readonly Tokens[], taken: Tokens[]): Promise<void> {
  const take = async (tokens: Tokens) => {
    await limiter.take(...tokens);
    taken.push(tokens);
  };
  const results = await Promise.allSettled(wanted.map(take));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
