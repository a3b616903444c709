import type { RegisteredAccount, RegisterRequest, RegisterResponse } from '@plexus/contracts/userapi';
import { currentTraceparent } from '@plexus/observability';
import { TooMuchWork } from '@plexus/service';
import type { UserapiContext } from '../../context.ts';
import { isDisplayName } from '../../domain/display-names.ts';
import { matrixErrors } from '../../domain/errors.ts';
import { localpartOfName, localpartProblem, userIdOf } from '../../domain/localparts.ts';
import { passwordProblem } from '../../domain/password-rules.ts';
import { newLocalpart } from '../../domain/random-ids.ts';
import { isStorable } from '../../domain/stored-text.ts';
import { findAccount, insertAccount } from '../../storage/accounts.ts';
import { deviceProblem, type PreparedSession, prepareSession } from '../sessions/prepare-session.ts';

type Refused = Extract<RegisterResponse['result'], { $case: 'error' }>;

/** Makes an account, with its first session unless that is inhibited. Client-server API, "Account registration". */
export async function register(context: UserapiContext, request: RegisterRequest): Promise<RegisterResponse> {
  const localpart =
    request.localpart === undefined
      ? newLocalpart(context.random)
      : localpartOfName(request.localpart, request.appserviceId);
  const problem = await problemOf(context, localpart, request);
  if (problem !== undefined) return { result: problem };
  const passwordHash = request.password === undefined ? undefined : await hashed(context, request.password);
  if (typeof passwordHash === 'object') return { result: passwordHash };
  const prepared = request.inhibitLogin ? undefined : prepareSession(context.random, request);
  const inserted = await insertAccount(
    context.database,
    {
      localpart,
      passwordHash,
      admin: request.admin,
      appserviceId: request.appserviceId,
      now: context.clock.now(),
      registrationToken: request.registrationToken,
      displayName: JSON.stringify(request.displayName ?? localpart),
      session: prepared?.stored,
    },
    currentTraceparent(),
  );
  if (inserted.outcome === 'localpartTaken') return { result: refused(matrixErrors.userInUse) };
  if (inserted.outcome === 'tokenRefused') return { result: refused(matrixErrors.registrationTokenRefused) };
  context.publish(inserted.logged);
  context.metrics.registrations.inc({ kind: request.appserviceId === undefined ? 'user' : 'appservice' });
  context.audit({ action: 'user.create', actor: request.actor, subject: userIdOf(localpart, context.serverName) });
  return { result: { $case: 'account', value: accountOf(userIdOf(localpart, context.serverName), prepared) } };
}

/** A name that is taken is seen here before its password costs 20 ms; what is taken meanwhile, by the constraint. */
async function problemOf(
  context: UserapiContext,
  localpart: string,
  { appserviceId, password, displayName, registrationToken, ...session }: RegisterRequest,
): Promise<Refused | undefined> {
  const registrations = await context.registrations.current();
  const problem =
    localpartProblem(localpart, context.serverName, registrations, appserviceId) ??
    (password === undefined ? undefined : passwordProblem(password, context.passwordRules.minLength)) ??
    (isDisplayName(displayName) ? undefined : matrixErrors.invalidDisplayName) ??
    deviceProblem(session) ??
    (isStorable(registrationToken ?? '') ? undefined : matrixErrors.registrationTokenRefused);
  if (problem !== undefined) return refused(problem);
  const taken = await findAccount(context.database, localpart);
  return taken === undefined ? undefined : refused(matrixErrors.userInUse);
}

async function hashed({ passwords }: UserapiContext, password: string): Promise<string | Refused> {
  try {
    return await passwords.hash(password);
  } catch (error) {
    if (error instanceof TooMuchWork) return refused(matrixErrors.busy);
    throw error;
  }
}

function accountOf(userId: string, prepared: PreparedSession | undefined): RegisteredAccount {
  if (prepared === undefined) return { userId };
  return { userId, session: { userId, deviceId: prepared.stored.deviceId, accessToken: prepared.accessToken } };
}

function refused(value: Refused['value']): Refused {
  return { $case: 'error', value };
}
