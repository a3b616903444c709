import type { Session } from '@plexus/contracts/userapi';
import { errors, type Handler, json, limitedAddress, type MatrixRequest, stringField } from '@plexus/http';
import { isLocal } from '@plexus/matrix';
import type { ClientapiContext } from '../../context.ts';
import { namedUser, userIdOfName } from '../../domain/user-identifier.ts';
import { limitedPassword } from './limited-password.ts';
import { sessionReply, wishedDevice } from './session-reply.ts';

const neutral = 'The user name or the password is wrong';

/** Client-server API, "POST /_matrix/client/v3/login". M_FORBIDDEN says nothing of whether the user exists. */
export function login(context: ClientapiContext): Handler {
  return async (request) => {
    const type = stringField(request.body, 'type', { max: 255 });
    switch (type) {
      case 'm.login.password':
        return json(sessionReply(await byPassword(context, request), context.settings));
      case 'm.login.application_service':
        return json(sessionReply(await byApplicationService(context, request), context.settings));
      default:
        throw errors.unknown('This type of login is not known');
    }
  };
}

async function byPassword(context: ClientapiContext, request: MatrixRequest): Promise<Session> {
  const { clients, limiter, settings } = context;
  const { body } = request;
  await limiter.take('general', limitedAddress(request.ip));
  const password = stringField(body, 'password');
  const name = namedUser(body);
  const userId = name === undefined ? undefined : userIdOfName(name.toLowerCase(), settings.serverName);
  if (userId === undefined || !isLocal(userId, settings.serverName)) throw errors.forbidden(neutral);
  const device = wishedDevice(body);
  const { result } = await limitedPassword(context, request, userId, async () => {
    const answer = await clients.userapi.loginPassword({ user: userId, password, ...device });
    return { ...answer, error: answer.result?.$case === 'error' ? answer.result.value : undefined };
  });
  if (result?.$case === 'session') return result.value;
  throw result === undefined ? errors.internal() : errors.fromRpc(result.value);
}

/**
 * A user of an application service's namespace: the token has proved it, and that it may act as the user is checked as for `user_id`. A device
 * of a user who belongs to another application service is that one's to create. M_EXCLUSIVE.
 */
async function byApplicationService(
  { clients, limiter, registrations, settings }: ClientapiContext,
  request: MatrixRequest,
): Promise<Session> {
  const name = namedUser(request.body);
  const userId = name === undefined ? undefined : userIdOfName(name, settings.serverName);
  if (userId === undefined) throw errors.invalidParam('identifier', 'names no user');
  const requester = await request.authenticate(userId);
  if (requester.kind !== 'appservice') throw errors.forbidden('Only application services may log in like this');
  if (requester.rateLimited) await limiter.take('general', requester.appserviceId);
  if ((await registrations.current()).userProblem(userId, requester.appserviceId) === 'exclusive')
    throw errors.exclusive('This user belongs to another application service');
  const { result } = await clients.userapi.createSession({ userId, ...wishedDevice(request.body) });
  if (result?.$case === 'session') return result.value;
  throw result === undefined ? errors.internal() : errors.fromRpc(result.value);
}
