import { stringField } from '@plexus/http';
import type { JsonObject, UserId } from '@plexus/matrix';
import type { ClientapiContext } from '../../context.ts';
import type { Stage } from '../../domain/interactive-authentication.ts';
import { namedUser, userIdOfName } from '../../domain/user-identifier.ts';

/** Completed, or why not, as the client is told. */
export type StageOutcome = 'completed' | { readonly errcode: string; readonly error: string };

const wrongPassword: StageOutcome = { errcode: 'M_FORBIDDEN', error: 'The user name or the password is wrong' };

/** Checks what a client offers for one stage. Client-server API, "Authentication types". */
export async function verifyStage(
  context: ClientapiContext,
  stage: Stage,
  auth: JsonObject,
  userId: UserId | undefined,
): Promise<StageOutcome> {
  switch (stage) {
    case 'm.login.dummy':
      return 'completed';
    case 'm.login.password':
      return verifyPassword(context, auth, userId);
    case 'm.login.registration_token': {
      const { valid } = await context.clients.userapi.checkRegistrationToken({
        token: stringField(auth, 'token', { max: 64 }),
      });
      return valid ? 'completed' : { errcode: 'M_UNAUTHORIZED', error: 'The registration token is not valid' };
    }
    default:
      return stage satisfies never;
  }
}

/** The password must be that of the user who asks, whoever the body names. */
async function verifyPassword(
  { clients, limiter, settings }: ClientapiContext,
  auth: JsonObject,
  userId: UserId | undefined,
): Promise<StageOutcome> {
  const password = stringField(auth, 'password');
  const name = namedUser(auth);
  if (userId === undefined || name === undefined || userIdOfName(name, settings.serverName) !== userId)
    return wrongPassword;
  await limiter.take('login', userId);
  const { error } = await clients.userapi.verifyPassword({ userId, password });
  return error === undefined ? 'completed' : wrongPassword;
}
