/** The stages this server knows. Client-server API, "Authentication types". */
export const stages = ['m.login.dummy', 'm.login.password', 'm.login.registration_token'] as const;
export type Stage = (typeof stages)[number];

/** One way through: all of these stages, in any order. */
export type Flow = readonly Stage[];

/** What is kept of an interactive authentication between its requests. No password is ever among it. */
export interface InteractiveSession {
  /** The operation that is to be allowed, and for whom; null before anybody is signed in. */
  readonly operation: string;
  readonly userId: string | null;
  readonly completed: readonly Stage[];
  /** Digest of the request, but for what authenticates, once a stage was completed for it. */
  readonly requestDigest: string | null;
  /** The token of a completed m.login.registration_token. */
  readonly registrationToken: string | null;
}

/** The request that wants to go on with a session. */
export interface InteractiveRequest {
  readonly operation: string;
  readonly userId: string | null;
  readonly requestDigest: string;
}

export function newSession({ operation, userId }: InteractiveRequest): InteractiveSession {
  return { operation, userId, completed: [], requestDigest: null, registrationToken: null };
}

/**
 * Whether a session may be used for a request: the same operation of the same user, and after the first completed stage the
 * same request. Before that it may differ, since clients fetch the flows with an empty request and fill it in later.
 */
export function isFor(session: InteractiveSession, request: InteractiveRequest): boolean {
  return (
    session.operation === request.operation &&
    session.userId === request.userId &&
    (session.requestDigest === null || session.requestDigest === request.requestDigest)
  );
}

export function withStage(
  session: InteractiveSession,
  request: InteractiveRequest,
  stage: Stage,
  registrationToken: string | null,
): InteractiveSession {
  return {
    ...session,
    completed: session.completed.includes(stage) ? session.completed : [...session.completed, stage],
    requestDigest: request.requestDigest,
    registrationToken: registrationToken ?? session.registrationToken,
  };
}

export function isComplete(session: InteractiveSession, flows: readonly Flow[]): boolean {
  return flows.some((flow) => flow.every((stage) => session.completed.includes(stage)));
}

/** The stage of this name, when one of the flows has it. */
export function stageOf(type: string, flows: readonly Flow[]): Stage | undefined {
  return stages.find((stage) => stage === type && flows.some((flow) => flow.includes(stage)));
}

/** The body of the 401 that asks for more. Client-server API, "User-interactive API in the REST API". */
export function challenge(sessionId: string, session: InteractiveSession, flows: readonly Flow[]): object {
  return {
    session: sessionId,
    flows: flows.map((flow) => ({ stages: flow })),
    params: {},
    completed: session.completed,
  };
}
