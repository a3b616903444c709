import { errors, limitedAddress, type MatrixRequest, stringField } from '@plexus/http';
import type { JsonObject, UserId } from '@plexus/matrix';
import type { ClientapiContext } from '../../context.ts';
import type { Stage } from '../../domain/interactive-authentication.ts';
import { namedUser, userIdOfName } from '../../domain/user-identifier.ts';
import { limitedPassword } from '../session/limited-password.ts';

/** Completed, or why not, as the client is told. */
export type StageOutcome = 'completed' | { readonly errcode: string; readonly error: string };

const wrongPassword: StageOutcome = { errcode: 'M_FORBIDDEN', error: 'The user name or the password is wrong' };

/** Checks what a client offers for one stage. Client-server API, "Authentication types". */
export async function verifyStage(
  context: ClientapiContext,
  stage: Stage,
  request: MatrixRequest,
  auth: JsonObject,
  userId: UserId | undefined,
): Promise<StageOutcome> {
  switch (stage) {
    case 'm.login.dummy':
      return 'completed';
    case 'm.login.password':
      return verifyPassword(context, request, auth, userId);
    case 'm.login.registration_token':
      return verifyToken(context, request, auth);
    default:
      return stage satisfies never;
  }
}

/** A wrong token counts as a wrong password of its address does: it may be guessed too. */
async function verifyToken(
  { clients, limiter }: ClientapiContext,
  request: MatrixRequest,
  auth: JsonObject,
): Promise<StageOutcome> {
  const token = stringField(auth, 'token', { max: 64 });
  const address = limitedAddress(request.ip);
  await limiter.take('login', address);
  let wrong = false;
  try {
    const { valid } = await clients.userapi.checkRegistrationToken({ token });
    wrong = !valid;
    return valid ? 'completed' : { errcode: 'M_UNAUTHORIZED', error: 'The registration token is not valid' };
  } finally {
    if (!wrong) await limiter.giveBack('login', address);
  }
}

/** The password must be that of the user who asks, whoever the body names. */
async function verifyPassword(
  context: ClientapiContext,
  request: MatrixRequest,
  auth: JsonObject,
  userId: UserId | undefined,
): Promise<StageOutcome> {
  const { clients, settings } = context;
  const password = stringField(auth, 'password');
  const name = namedUser(auth);
  if (userId === undefined || name === undefined || userIdOfName(name.toLowerCase(), settings.serverName) !== userId)
    return wrongPassword;
  const check = () => clients.userapi.verifyPassword({ userId, password });
  const { error } = await limitedPassword(context, request, userId, check);
  if (error === undefined) return 'completed';
  if (error.errcode === 'M_FORBIDDEN') return wrongPassword;
  throw errors.fromRpc(error);
}
