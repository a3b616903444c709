import type { MatrixError } from '@plexus/contracts/common';
import { limitedAddress, type MatrixRequest } from '@plexus/http';
import type { UserId } from '@plexus/matrix';
import type { ClientapiContext } from '../../context.ts';
import { addressesOfUsers } from '../../storage/addresses-of-users.ts';

interface Checked {
  readonly error?: MatrixError | undefined;
}

/**
 * Checks a password within the limits of wrong ones. A right password counts nowhere. A wrong one counts for its address, which soon
 * has to wait, and for the account, which takes so many that no few addresses can keep its owner out; an address from which the user
 * has signed in before is not asked to wait for others. @throws MatrixHttpError M_LIMIT_EXCEEDED
 */
export async function limitedPassword<Result extends Checked>(
  context: Pick<ClientapiContext, 'ephemeral' | 'limiter' | 'observability'>,
  request: MatrixRequest,
  userId: UserId,
  check: () => Promise<Result>,
): Promise<Result> {
  const address = limitedAddress(request.ip);
  const known = addressesOfUsers(context.ephemeral, context.observability);
  // Taken before the check and put back after it, so that no number of attempts at once passes.
  const taken = await takeTokens(context, address, userId, await known.includes(userId, address));
  let wrong = false;
  try {
    const result = await check();
    wrong = result.error?.errcode === 'M_FORBIDDEN';
    if (result.error === undefined) await known.add(userId, address);
    return result;
  } finally {
    if (!wrong) await taken.giveBack();
  }
}

async function takeTokens(
  { limiter }: Pick<ClientapiContext, 'limiter'>,
  address: string,
  userId: UserId,
  isKnown: boolean,
): Promise<{ giveBack(): Promise<void> }> {
  await limiter.take('login', address);
  if (isKnown) return { giveBack: () => limiter.giveBack('login', address) };
  try {
    await limiter.take('loginAccount', userId);
  } catch (error) {
    await limiter.giveBack('login', address);
    throw error;
  }
  return {
    giveBack: async () => {
      await Promise.all([limiter.giveBack('login', address), limiter.giveBack('loginAccount', userId)]);
    },
  };
}
