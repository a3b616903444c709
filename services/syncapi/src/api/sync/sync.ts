import {
  type AuthenticatedRequest,
  authenticated,
  errors,
  type Handler,
  MatrixHttpError,
  type Reply,
  rawJson,
} from '@plexus/http';
import type { Clock } from '@plexus/observability';
import type { SyncFilter } from '../../domain/filter.ts';
import {
  formatSyncToken,
  isReached,
  parseSyncToken,
  type SyncPosition,
  type TokenProblem,
} from '../../domain/sync-token.ts';
import type { DeviceSessions } from '../../memory/device-sessions.ts';
import { ReplicaBehind, type SyncingUsers } from '../../memory/syncing-users.ts';
import type { UserMemory } from '../../memory/user-memory.ts';
import type { IgnoredUsers } from '../../read/ignored-users.ts';
import type { ReadBarrier } from '../../read/read-barrier.ts';
import type { SyncSources } from '../../streams/sources.ts';
import type { SyncQuestion } from '../../streams/stream.ts';
import type { SyncKind, SyncMetrics } from '../../telemetry.ts';
import type { FilterStore } from '../filters/filter-store.ts';
import { compose, composeFromMemory, type SyncAnswer } from './compose.ts';
import type { LongPolls } from './long-polls.ts';
import { emptyResponseText } from './response-text.ts';
import { readSyncParameters, type SyncParameters } from './sync-request.ts';

export interface SyncContext {
  readonly sources: SyncSources;
  readonly users: SyncingUsers;
  readonly polls: LongPolls;
  readonly filters: FilterStore;
  readonly sessions: DeviceSessions;
  readonly generation: number;
  readonly clock: Clock;
  readonly metrics: SyncMetrics;
  readonly barrier: ReadBarrier;
  readonly ignored: IgnoredUsers;
}

/** The logs that a response is made of. */
const logs = ['room', 'user', 'receipt'] as const;

/**
 * GET /sync. Client-server API, "Syncing".
 *
 * The response contains everything that was committed before the request. `next_batch` never passes over what was not delivered.
 */
export function sync(context: SyncContext): Handler {
  return authenticated((request) => {
    const parameters = readSyncParameters(request.query);
    const { userId } = request.requester;
    const user = context.users.known(userId);
    const filter = context.filters.known(userId, parameters.filter);
    const ignored = context.ignored.known(userId);
    const since = readSince(context, parameters);
    // Of a live client nothing is awaited but the poll itself, as far as memory knows that this replica is up to date.
    const isReady =
      context.barrier.isPassed(logs) && (since === undefined || isReached(since, context.sources.memory.position));
    if (isReady && user !== undefined && filter !== undefined && ignored !== undefined && since !== undefined) {
      const question = questionOf(context, request, parameters, { user, filter, ignored });
      return answer(context, request, parameters, question, since);
    }
    return prepare(context, request, parameters, since);
  });
}

function questionOf(
  context: SyncContext,
  { requester }: AuthenticatedRequest,
  { dialect, since }: SyncParameters,
  loaded: { readonly user: UserMemory; readonly filter: SyncFilter; readonly ignored: ReadonlySet<string> },
): SyncQuestion {
  const { deviceId } = requester;
  const { user, filter } = loaded;
  const session = context.sessions.resume(user.userId, deviceId, since);
  // While a long poll waits, its user may come to ignore others.
  const ignored = () => context.ignored.known(user.userId) ?? loaded.ignored;
  const now = () => context.clock.now();
  return { user, deviceId, session, filter, dialect, ignored, now, generation: context.generation };
}

/** Waits until this replica is up to date, and loads what a first sync needs: the user's rooms, ignored users and the filter. */
async function prepare(
  context: SyncContext,
  request: AuthenticatedRequest,
  parameters: SyncParameters,
  since: SyncPosition | undefined,
): Promise<Reply> {
  const { userId } = request.requester;
  try {
    await context.barrier.pass(logs);
    // Every token names committed positions, which this replica has reached now.
    if (since !== undefined && !isReached(since, context.sources.memory.position)) throw refusal('since', 'unknown');
    const filter =
      context.filters.known(userId, parameters.filter) ?? (await context.filters.load(userId, parameters.filter ?? ''));
    const ignored = context.ignored.known(userId) ?? (await context.ignored.of(userId));
    const user = context.users.known(userId) ?? (await context.users.load(userId));
    return await answer(
      context,
      request,
      parameters,
      questionOf(context, request, parameters, { user, filter, ignored }),
      since,
    );
  } catch (error) {
    if (error instanceof ReplicaBehind) throw errors.unavailable();
    throw error;
  }
}

function answer(
  context: SyncContext,
  request: AuthenticatedRequest,
  parameters: SyncParameters,
  question: SyncQuestion,
  since: SyncPosition | undefined,
): Reply | Promise<Reply> {
  if (since === undefined || parameters.fullState) {
    return measured(
      context,
      since === undefined ? 'initial' : 'cold',
      compose(context.sources, question, since, parameters.fullState),
    ).then((found) => replyOf(question, found));
  }
  const start = context.clock.monotonic();
  const found = composeFromMemory(context.sources.memory, question, since);
  context.metrics.answered(found?.body === undefined ? 'empty' : 'live', (context.clock.monotonic() - start) / 1000);
  if (found?.body !== undefined) return rawJson(found.body);
  if (found === undefined) {
    return measured(context, 'cold', compose(context.sources, question, since)).then((cold) =>
      cold.body === undefined ? poll(context, request, parameters, question, cold.position) : rawJson(cold.body),
    );
  }
  return poll(context, request, parameters, question, found.position);
}

/** Waits until there is something to tell, or the time is over. */
function poll(
  context: SyncContext,
  request: AuthenticatedRequest,
  parameters: SyncParameters,
  question: SyncQuestion,
  from: SyncPosition,
): Reply | Promise<Reply> {
  const dueAt = request.receivedAt + parameters.timeout - context.clock.now() + context.clock.monotonic();
  if (dueAt <= context.clock.monotonic() || request.isAbandoned) return nothingReply(question, from);
  let seenUpTo = from;
  const look = (end: 'woken' | 'ended'): SyncAnswer | 'look up' | undefined => {
    const found = composeFromMemory(context.sources.memory, question, seenUpTo);
    if (found === undefined) return end === 'ended' ? { body: undefined, position: seenUpTo } : 'look up';
    if (found.body === undefined) seenUpTo = found.position;
    return found.body === undefined && end === 'woken' ? undefined : found;
  };
  return context.polls.wait(question.user, { dueAt, request }, look).then(async (found) => {
    // A session that ended while the poll waited gets nothing more.
    await request.reauthenticate();
    if (found !== 'look up') return replyOf(question, found ?? { body: undefined, position: seenUpTo });
    return measured(context, 'cold', compose(context.sources, question, seenUpTo)).then((cold) =>
      cold.body === undefined ? poll(context, request, parameters, question, cold.position) : rawJson(cold.body),
    );
  });
}

function replyOf(question: SyncQuestion, { body, position }: SyncAnswer): Reply {
  return body === undefined ? nothingReply(question, position) : rawJson(body);
}

function nothingReply({ generation, session }: SyncQuestion, position: SyncPosition): Reply {
  session.nextBatch = formatSyncToken(generation, position);
  return rawJson(emptyResponseText(generation, position));
}

/** The place to go on from; undefined for a first sync, or one whose token is of before a restore. */
function readSince({ generation }: SyncContext, { since }: SyncParameters): SyncPosition | undefined {
  if (since === undefined) return undefined;
  const token = parseSyncToken(since, generation);
  if (token.kind === 'refused') throw refusal('since', token.problem);
  return token.kind === 'position' ? token.position : undefined;
}

/** The error of a token that cannot be used. */
export function refusal(name: string, problem: TokenProblem): MatrixHttpError {
  if (problem === 'malformed') return errors.invalidParam(name, 'is not a token of this server');
  return new MatrixHttpError(400, 'M_UNKNOWN_POS', `${name} names a place that this server has not reached`);
}

async function measured<Answer>(
  { clock, metrics }: SyncContext,
  kind: SyncKind,
  work: Promise<Answer>,
): Promise<Answer> {
  const start = clock.monotonic();
  const found = await work;
  metrics.answered(kind, (clock.monotonic() - start) / 1000);
  return found;
}
