import type { SectionStyle } from '../domain/section-style.ts';
import type { LogName, SyncPosition } from '../domain/sync-token.ts';
import type { DeviceSession } from '../memory/device-sessions.ts';
import type { MemoryIndex } from '../memory/memory-index.ts';
import type { UserMemory } from '../memory/user-memory.ts';
import type { RoomsOfSync } from './room-events/rooms-of-sync.ts';
import type { SyncSources } from './sources.ts';
import type { SyncParts } from './sync-parts.ts';

/** Who syncs, and how they want the response. */
export interface SyncQuestion extends SectionStyle {
  readonly user: UserMemory;
  readonly deviceId: string | undefined;
  readonly session: DeviceSession;
  /** Whom the user ignores now. */
  ignored(): ReadonlySet<string>;
}

/** One response: what came after one position and up to another. */
export interface SyncQuery extends SyncQuestion {
  /** The client's position; undefined for an initial sync. */
  readonly since: SyncPosition | undefined;
  /** The snapshot: no stream adds anything from beyond, unless it moves the position of its own log. */
  readonly upTo: SyncPosition;
  /** The user's rooms, as they changed between the two. */
  readonly rooms: RoomsOfSync;
}

/**
 * A source of news for /sync, in one file or folder. `recall` and `load` give the same facts from two sources, and `tell` is the one computation
 * that makes a part of the response of them; a property test holds that it does not matter where the facts came from.
 */
export interface StreamDefinition<Facts> {
  readonly name: string;
  /** The log in which the stream has its position in the token. What marks users there (`UserMemory.touch`) decides whom the stream concerns. */
  readonly log: LogName;
  /** The facts from memory, without any I/O; undefined when memory does not hold all of them. */
  recall(query: SyncQuery, memory: MemoryIndex): Facts | undefined;
  /** The facts from the index and from other services. Reads memory, if at all, before the first wait. */
  load(query: SyncQuery, sources: SyncSources): Promise<Facts>;
  /** Adds to the response what the facts say. */
  tell(facts: Facts, query: SyncQuery, parts: SyncParts): void;
}

/** What a stream adds to a response. */
export type Contribution = (parts: SyncParts) => void;

/** A stream, whatever its facts are. */
export interface SyncStream {
  readonly name: string;
  readonly log: LogName;
  recall(query: SyncQuery, memory: MemoryIndex): Contribution | undefined;
  load(query: SyncQuery, sources: SyncSources): Promise<Contribution>;
}

export function syncStream<Facts>({ name, log, recall, load, tell }: StreamDefinition<Facts>): SyncStream {
  return {
    name,
    log,
    recall: (query, memory) => {
      const facts = recall(query, memory);
      return facts === undefined ? undefined : (parts) => tell(facts, query, parts);
    },
    load: async (query, sources) => {
      const facts = await load(query, sources);
      return (parts) => tell(facts, query, parts);
    },
  };
}

/** Whether the stream can have anything for an incremental response: the cheap test of every sync. */
export function mayConcern({ log }: SyncStream, { user, since, rooms }: SyncQuery): boolean {
  return since === undefined || user.isTouchedAfter(log, since[log]) || rooms.entered.length > 0;
}
