import type { RegisteredAccount, RegisterRequest } from '@plexus/contracts/userapi';
import {
  errors,
  type Handler,
  json,
  limitedAddress,
  MatrixHttpError,
  type MatrixRequest,
  optionalBoolean,
  optionalString,
  type Requester,
} from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';
import type { Flow } from '../../domain/interactive-authentication.ts';
import { sessionReply, wishedDevice } from '../session/session-reply.ts';
import { authenticateInteractively } from '../uia/authenticate-interactively.ts';

const APPLICATION_SERVICE = 'm.login.application_service';

/**
 * Client-server API, "POST /_matrix/client/v3/register". Without a user name one is generated. Errors: M_FORBIDDEN when
 * registration is closed, M_USER_IN_USE, M_INVALID_USERNAME, M_EXCLUSIVE, M_WEAK_PASSWORD.
 */
export function register(context: ClientapiContext): Handler {
  return async (request) => {
    requireUserKind(request.query.get('kind'));
    const owner = await request.tokenOwner();
    const isForApplicationService = optionalString(request.body, 'type') === APPLICATION_SERVICE;
    if (owner?.kind === 'appservice' && !isForApplicationService)
      throw errors.invalidParam('type', `must be ${APPLICATION_SERVICE} in a request of an application service`);
    const account = isForApplicationService
      ? await registerForApplicationService(context, request, owner)
      : await registerInteractively(context, request);
    return json(accountReply(account, context));
  };
}

function requireUserKind(kind: string | null): void {
  if (kind === 'guest') throw new MatrixHttpError(403, 'M_GUEST_ACCESS_FORBIDDEN', 'Guests are not allowed');
  if (kind !== null && kind !== 'user') throw errors.invalidParam('kind', 'is neither user nor guest');
}

/** A sign-up counts once: when its account is made, not with the requests on the way there. */
async function registerInteractively(context: ClientapiContext, request: MatrixRequest): Promise<RegisteredAccount> {
  const { limiter } = context;
  const address = limitedAddress(request.ip);
  await limiter.take('general', address);
  let counted = false;
  const count = async () => {
    await limiter.take('registration', address);
    counted = true;
  };
  try {
    return await makeInteractively(context, request, count);
  } catch (error) {
    if (counted) await limiter.giveBack('registration', address);
    throw error;
  }
}

async function makeInteractively(
  context: ClientapiContext,
  request: MatrixRequest,
  count: () => Promise<void>,
): Promise<RegisteredAccount> {
  const { clients, settings } = context;
  const { body } = request;
  const flows = registrationFlows(settings.registration);
  if (flows.length === 0) throw errors.forbidden('Registration is closed');
  const localpart = optionalString(body, 'username');
  const password = optionalString(body, 'password', { max: 512 });
  const wishes = { ...wishedDevice(body), inhibitLogin: optionalBoolean(body, 'inhibit_login') ?? false };
  if (localpart !== undefined) {
    const { error } = await clients.userapi.checkUsername({ localpart });
    if (error !== undefined) throw errors.fromRpc(error);
  }
  const { registrationToken } = await authenticateInteractively(context, request, { flows, admit: count });
  if (password === undefined) throw errors.missingParam('password');
  return makeAccount(context, {
    ...wishes,
    admin: false,
    password,
    ...(localpart !== undefined && { localpart }),
    ...(registrationToken !== undefined && { registrationToken }),
  });
}

/**
 * Application service API, "Server admin style permissions": no stages, no password. The user is named by `username`, or by `user` as
 * bridges from before r0 do.
 */
async function registerForApplicationService(
  context: ClientapiContext,
  { body }: MatrixRequest,
  owner: Requester | undefined,
): Promise<RegisteredAccount> {
  if (owner === undefined) throw errors.missingToken();
  if (owner.kind !== 'appservice') throw errors.forbidden('Only application services may register like this');
  if (owner.rateLimited) await context.limiter.take('general', owner.appserviceId);
  const localpart = optionalString(body, 'username') ?? optionalString(body, 'user');
  if (localpart === undefined) throw errors.missingParam('username');
  return makeAccount(context, {
    ...wishedDevice(body),
    localpart,
    admin: false,
    inhibitLogin: optionalBoolean(body, 'inhibit_login') ?? false,
    appserviceId: owner.appserviceId,
  });
}

async function makeAccount({ clients }: ClientapiContext, wanted: RegisterRequest): Promise<RegisteredAccount> {
  const { result } = await clients.userapi.register(wanted);
  if (result?.$case === 'account') return result.value;
  throw result === undefined ? errors.internal() : errors.fromRpc(result.value);
}

function accountReply({ userId, session }: RegisteredAccount, { settings }: ClientapiContext): object {
  return session === undefined
    ? { user_id: userId, home_server: settings.serverName }
    : sessionReply(session, settings);
}

/** A token admits even where registration is open to nobody else. */
function registrationFlows({ open, requireToken }: ClientapiContext['settings']['registration']): readonly Flow[] {
  if (requireToken) return [['m.login.registration_token']];
  return open ? [['m.login.dummy']] : [];
}
