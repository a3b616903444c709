import {
  errors,
  type Handler,
  json,
  type MatrixRequest,
  optionalBoolean,
  optionalString,
  stringField,
} from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';
import { isMacOf } from '../../domain/shared-secret-mac.ts';
import { registrationNonces } from '../../storage/registration-nonces.ts';
import { sessionReply, wishedDevice } from '../session/session-reply.ts';

/** Kinds of accounts that the caller may sign for; here they are accounts like all others. */
const userTypes = ['bot', 'support'];

/**
 * POST /_synapse/admin/v1/register: an account for whoever knows the shared secret, whether or not registration is open.
 * M_UNKNOWN for a nonce that was used or is too old, M_FORBIDDEN for a wrong MAC, then as register.
 */
export function sharedSecretRegister(context: ClientapiContext): Handler {
  const { clients, ephemeral, random, settings } = context;
  const nonces = registrationNonces(ephemeral, random);
  return async (request) => {
    const secret = settings.registration.sharedSecret;
    if (secret === undefined) throw errors.unrecognized();
    const wanted = readRegistration(request);
    if (!(await nonces.use(wanted.nonce))) throw errors.unknown('The nonce is not known');
    if (!isMacOf(wanted, secret, wanted.mac)) throw errors.forbidden('The MAC is wrong');
    const { username: localpart, password, admin, displayName } = wanted;
    const { result } = await clients.userapi.register({
      ...wishedDevice(request.body),
      localpart,
      password,
      admin,
      inhibitLogin: optionalBoolean(request.body, 'inhibit_login') ?? false,
      ...(displayName !== undefined && { displayName }),
    });
    if (result === undefined) throw errors.internal();
    if (result.$case === 'error') throw errors.fromRpc(result.value);
    const { session, userId } = result.value;
    return json(session === undefined ? { user_id: userId } : sessionReply(session, settings));
  };
}

function readRegistration({ body }: MatrixRequest) {
  const userType = optionalString(body, 'user_type');
  if (userType !== undefined && !userTypes.includes(userType)) throw errors.invalidParam('user_type', 'is not known');
  return {
    nonce: stringField(body, 'nonce', { max: 255 }),
    username: stringField(body, 'username'),
    password: stringField(body, 'password', { max: 512 }),
    admin: optionalBoolean(body, 'admin') ?? false,
    mac: stringField(body, 'mac', { max: 255 }),
    displayName: optionalString(body, 'displayname', { max: 255 }),
    userType,
  };
}
