import { createHash } from 'node:crypto';
import {
  errors,
  InteractiveAuthenticationNeeded,
  limitedAddress,
  type MatrixRequest,
  optionalObject,
  optionalString,
} from '@plexus/http';
import type { JsonObject, UserId } from '@plexus/matrix';
import type { ClientapiContext } from '../../context.ts';
import {
  challenge,
  type Flow,
  type InteractiveRequest,
  type InteractiveSession,
  isComplete,
  isFor,
  newSession,
  stageOf,
  withStage,
} from '../../domain/interactive-authentication.ts';
import { interactiveSessions } from '../../storage/interactive-sessions.ts';
import { type StageOutcome, verifyStage } from './verify-stage.ts';

export interface Demand {
  /** The ways through, any of which is enough. */
  readonly flows: readonly Flow[];
  /** Who must prove to be who; undefined before anybody is signed in. */
  readonly userId?: UserId;
  /** Asked when a flow is complete: what it throws is answered, and the session can be used again. */
  readonly admit?: () => Promise<void>;
}

export interface Proof {
  /** The token of m.login.registration_token, to be used up by what follows. */
  readonly registrationToken: string | undefined;
}

/**
 * Lets a request pass that has completed one of the demanded flows; throws the 401 with `flows`, `session` and `completed`
 * until then. A session lets one request pass; one that is not known is begun anew. M_FORBIDDEN for a session of another user, operation or request.
 * Client-server API, "User-Interactive Authentication API".
 */
export async function authenticateInteractively(
  context: ClientapiContext,
  request: MatrixRequest,
  demand: Demand,
): Promise<Proof> {
  const sessions = interactiveSessions(context.ephemeral, context.random);
  const asked: InteractiveRequest = {
    operation: request.operation.key,
    userId: demand.userId ?? null,
    requestDigest: digestOf(request.body),
  };
  const auth = optionalObject(request.body, 'auth') ?? {};
  const type = optionalString(auth, 'type');
  const givenId = optionalString(auth, 'session', { max: 255 });
  const found = givenId === undefined ? undefined : await sessions.find(givenId);
  if (found !== undefined && !isFor(found, asked)) throw errors.forbidden('This session is for another request');

  const id = found === undefined || givenId === undefined ? sessions.newId() : givenId;
  let session = found ?? newSession(asked);
  let outcome: StageOutcome | undefined;
  // Nothing is tried for a session that was never given out, or is gone: the client gets a new one and begins again.
  const isUnknown = givenId !== undefined && found === undefined;
  const stage = type === undefined || isUnknown ? undefined : stageOf(type, demand.flows);
  if (!isUnknown && type !== undefined && stage === undefined)
    outcome = { errcode: 'M_UNRECOGNIZED', error: 'No stage of this name' };
  if (stage !== undefined && !session.completed.includes(stage)) {
    outcome = await verifyStage(context, stage, request, auth, demand.userId);
    if (outcome === 'completed') {
      const token = stage === 'm.login.registration_token' ? (optionalString(auth, 'token') ?? null) : null;
      session = withStage(session, asked, stage, token);
    }
  }
  if (isComplete(session, demand.flows)) {
    await demand.admit?.();
    if (found !== undefined && !(await sessions.finish(id))) throw errors.forbidden('This session has been used');
    return { registrationToken: session.registrationToken ?? undefined };
  }
  if (found === undefined) await context.limiter.take('interactiveAuth', demand.userId ?? limitedAddress(request.ip));
  await sessions.save(id, session);
  throw unauthorized(id, session, demand.flows, outcome);
}

function unauthorized(
  id: string,
  session: InteractiveSession,
  flows: readonly Flow[],
  outcome: StageOutcome | undefined,
): InteractiveAuthenticationNeeded {
  const body = challenge(id, session, flows);
  if (outcome === undefined || outcome === 'completed') return new InteractiveAuthenticationNeeded(body);
  return new InteractiveAuthenticationNeeded({ ...outcome, ...body });
}

/** Without what authenticates, and without what must not be guessable from the digest. */
function digestOf(body: JsonObject): string {
  const { auth: _auth, password: _password, new_password: _newPassword, ...rest } = body;
  return createHash('sha256').update(JSON.stringify(rest)).digest('base64url');
}
