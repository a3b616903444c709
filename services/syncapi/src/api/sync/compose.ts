import { attributes, withSpan } from '@plexus/observability';
import { formatSyncToken, type LogName, type SyncPosition, tokenLogs } from '../../domain/sync-token.ts';
import type { MemoryIndex } from '../../memory/memory-index.ts';
import type { UserMemory } from '../../memory/user-memory.ts';
import { loadRoomsOfSync } from '../../streams/room-events/load-rooms-of-sync.ts';
import { recallRooms } from '../../streams/room-events/rooms-of-sync.ts';
import type { SyncSources } from '../../streams/sources.ts';
import {
  type Contribution,
  mayConcern,
  type SyncQuery,
  type SyncQuestion,
  type SyncStream,
} from '../../streams/stream.ts';
import { syncStreams } from '../../streams/streams.ts';
import { SyncParts } from '../../streams/sync-parts.ts';
import { spanNames } from '../../telemetry.ts';
import { responseText } from './response-text.ts';

/** A response, or nothing to send up to a position. */
export interface SyncAnswer {
  readonly body: string | undefined;
  readonly position: SyncPosition;
}

/** Composes an incremental response out of memory, at once; undefined when something must be loaded. */
export function composeFromMemory(
  memory: MemoryIndex,
  question: SyncQuestion,
  since: SyncPosition,
): SyncAnswer | undefined {
  const upTo = memory.position;
  if (isUnchanged(question.user, since)) return { body: undefined, position: upTo };
  const rooms = recallRooms(question.user, question.filter, since);
  if (rooms === undefined) return undefined;
  const query: SyncQuery = { ...question, since, upTo, rooms };
  const parts = new SyncParts();
  for (const stream of syncStreams) {
    if (!mayConcern(stream, query)) continue;
    const contribution = stream.recall(query, memory);
    if (contribution === undefined) return undefined;
    contribution(parts);
  }
  return finished(query, parts);
}

/**
 * Composes a response with whatever must be loaded for it. All of it is of one snapshot: the positions of memory at the beginning.
 * @param since undefined for an initial sync
 */
export async function compose(
  sources: SyncSources,
  question: SyncQuestion,
  since: SyncPosition | undefined,
  fullState = false,
): Promise<SyncAnswer> {
  const upTo = sources.memory.position;
  const recalled = since === undefined || fullState ? undefined : recallRooms(question.user, question.filter, since);
  if (recalled !== undefined) {
    const query: SyncQuery = { ...question, since, upTo, rooms: recalled };
    const concerned = syncStreams.filter((stream) => mayConcern(stream, query));
    // All streams are asked in this turn of the event loop: what memory has of them is of the snapshot.
    const recall = (stream: SyncStream) => stream.recall(query, sources.memory);
    return composed(
      query,
      concerned.map(async (stream) => recall(stream) ?? stream.load(query, sources)),
    );
  }
  const kind = { [attributes.outcome]: since === undefined ? 'initial' : 'incremental' };
  return withSpan(spanNames.coldSync, kind, async () => {
    const rooms = await loadRoomsOfSync(sources, question, since, upTo, fullState);
    const query: SyncQuery = { ...question, since, upTo, rooms };
    return composed(
      query,
      syncStreams.map((stream) => stream.load(query, sources)),
    );
  });
}

async function composed(query: SyncQuery, contributions: readonly Promise<Contribution>[]): Promise<SyncAnswer> {
  const parts = new SyncParts();
  for (const contribution of await Promise.all(contributions)) contribution(parts);
  return finished(query, parts);
}

/** Whether nothing at all can have happened for this user: asked by every empty sync, so it compares a few numbers. */
function isUnchanged(user: UserMemory, since: SyncPosition): boolean {
  return !logNames.some((log) => user.isTouchedAfter(log, since[log]));
}

const logNames: readonly LogName[] = tokenLogs.map(({ name }) => name);

function finished(query: SyncQuery, parts: SyncParts): SyncAnswer {
  const { session, filter, generation, since, upTo } = query;
  const position = parts.positionAfter(upTo);
  if (since !== undefined && parts.isEmpty) return { body: undefined, position };
  if (filter.state.lazyLoadMembers) {
    for (const member of parts.sentMembers) session.sent(member.roomId, member.stateKey ?? '', member.eventId);
  }
  session.nextBatch = formatSyncToken(generation, position);
  return { body: responseText(parts, position, query), position };
}
