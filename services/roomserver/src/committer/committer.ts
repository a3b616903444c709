import type { RoomLogEntry } from '@plexus/contracts/streams/room-log';
import type { Logger } from '@plexus/observability';
import { attributes, outsideOfTrace, type SpanOptions, spanKinds, withSpan } from '@plexus/observability';
import { type Database, DatabaseError, isCheckViolation, isUniqueViolation, type Queryable } from '@plexus/postgres';
import type { RoomserverMetrics } from '../metrics.ts';
import type { StateWrite } from '../state-store/state-store.ts';
import type { CommitRow } from '../storage/commit.ts';
import { selectEventPositions } from '../storage/event-positions.ts';
import { type AssembledBatch, assembleBatch, positioned } from './assemble-batch.ts';
import { withCurrentStates } from './current-states.ts';
import type { RoomCommit } from './room-commit.ts';

/** What became of a commit. */
export type CommitOutcome =
  | { readonly kind: 'committed' }
  /** The room's head had moved: build anew on the new one. Nothing was written. */
  | { readonly kind: 'stale' }
  /** An event with this transaction id is there already. Nothing was written. */
  | { readonly kind: 'transaction_seen' }
  | { readonly kind: 'alias_taken' }
  /** The new room is there already: the same create event was made twice. */
  | { readonly kind: 'room_exists' }
  /** The connection broke and nobody can say now whether it is committed. */
  | { readonly kind: 'unknown'; readonly error: unknown }
  | { readonly kind: 'failed'; readonly error: unknown };

export interface CommitterOptions {
  readonly database: Database;
  readonly metrics: RoomserverMetrics;
  readonly log: Logger;
  /** The number that a state has now, when it is of the first format. */
  readonly currentState: (snapshot: number) => Promise<number>;
  /** Is told of states whose nodes have addresses that are taken; then they are built again. */
  readonly learnAddresses: (refused: readonly StateWrite[]) => Promise<void>;
  /** Takes entries that are committed, in order of their positions. */
  readonly publish: (entries: readonly RoomLogEntry[]) => void;
}

interface Waiting {
  readonly commit: RoomCommit;
  readonly settle: (outcome: CommitOutcome) => void;
}

/** Enough that the round trip costs little per event; so many messages are about 2 MB. */
const MAX_BATCH_EVENTS = 512;
const MAX_LINKS = 32;

/**
 * Group commit over all rooms: one batch in flight, the next one collects meanwhile. Commits of one room stay in their order; when one
 * of them is refused, those of that room that wait behind it are refused too, since they were built on it.
 */
export class Committer {
  readonly #options: CommitterOptions;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;

  constructor(options: CommitterOptions) {
    this.#options = options;
  }

  /** Commits that the one in flight did not take along. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** `settle` is called once, and for the commits of a room in their order. It must not throw. */
  submit(commit: RoomCommit, settle: (outcome: CommitOutcome) => void): void {
    this.#waiting.push({ commit, settle });
    this.#running ??= outsideOfTrace(() => this.#run());
  }

  /** The same for those who wait for it. */
  commit(commit: RoomCommit): Promise<CommitOutcome> {
    return new Promise((resolve) => this.submit(commit, resolve));
  }

  /** Commits alone and in the caller's transaction, which holds the room's head; to be published by `published` when that is committed. */
  async commitInside(
    transaction: Queryable,
    commit: RoomCommit,
  ): Promise<{ outcome: CommitOutcome; entries: RoomLogEntry[] }> {
    const batch = assembleBatch([commit]);
    const [row] = await transaction.query<CommitRow>(batch.statement, batch.values);
    if (row?.ok === true) return { outcome: { kind: 'committed' }, entries: positioned(batch.log, row.base ?? 0) };
    return { outcome: row === undefined ? { kind: 'stale' } : refusalOf(commit, row), entries: [] };
  }

  /** What commitInside made is committed. */
  published(entries: readonly RoomLogEntry[]): void {
    this.#options.metrics.eventsCommitted.inc(entries.length);
    this.#options.publish(entries);
  }

  /** Resolves when nothing waits. */
  async drained(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    // What is submitted in the same turn goes along.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#commit(this.#takeBatch());
    this.#running = undefined;
  }

  #takeBatch(): Waiting[] {
    let events = 0;
    let length = 0;
    for (const { commit } of this.#waiting) {
      if (length > 0 && events + commit.events.length > MAX_BATCH_EVENTS) break;
      events += commit.events.length;
      length++;
    }
    return this.#waiting.splice(0, length);
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    let left = batch;
    while (left.length > 0) {
      const assembled = assembleBatch(left.map(({ commit }) => commit));
      let row: CommitRow;
      try {
        row = await this.#execute(assembled, left);
      } catch (error) {
        await this.#afterError(left, error);
        return;
      }
      if (row.ok) {
        this.#committed(left, positioned(assembled.log, row.base ?? 0));
        return;
      }
      left = this.#withoutRefused(left, row);
    }
  }

  async #execute({ statement, values }: AssembledBatch, batch: readonly Waiting[]): Promise<CommitRow> {
    const end = this.#options.metrics.commitSeconds.startTimer();
    this.#options.metrics.batchSize.observe(batch.length);
    const [row] = await withSpan(
      `${spanKinds.work} commit batch`,
      { [attributes.batchSize]: batch.length },
      () => this.#options.database.query<CommitRow>(statement, values),
      tracesOf(batch),
    );
    end();
    if (row === undefined) throw new Error('the commit statement gave no row');
    return row;
  }

  #committed(batch: readonly Waiting[], entries: readonly RoomLogEntry[]): void {
    this.#options.metrics.eventsCommitted.inc(entries.length);
    if (entries.length > 0) this.#options.publish(entries);
    for (const { commit, settle } of batch) {
      this.#options.metrics.forwardExtremities.observe(commit.head.extremities.length);
      settle({ kind: 'committed' });
    }
  }

  /** Refuses the rooms that were in the way, here and where they wait behind; the others are left to be sent again. */
  #withoutRefused(batch: readonly Waiting[], row: CommitRow): Waiting[] {
    const refusedRooms = new Set(
      batch.filter(({ commit }) => isRefused(commit, row)).map(({ commit: { room } }) => room),
    );
    if (refusedRooms.size === 0) throw new Error('the commit statement refused a batch without a reason');
    this.#refuse(batch, refusedRooms, row);
    return batch.filter(({ commit }) => !refusedRooms.has(commit.room));
  }

  #refuse(batch: readonly Waiting[], rooms: ReadonlySet<number>, row: CommitRow | undefined): void {
    const behind = this.#waiting.filter(({ commit }) => rooms.has(commit.room));
    this.#waiting = this.#waiting.filter(({ commit }) => !rooms.has(commit.room));
    for (const { commit, settle } of [...batch, ...behind]) {
      if (!rooms.has(commit.room)) continue;
      const outcome: CommitOutcome = row === undefined ? { kind: 'stale' } : refusalOf(commit, row);
      if (outcome.kind === 'stale') this.#options.metrics.forksRefused.inc();
      settle(outcome);
    }
  }

  async #afterError(batch: readonly Waiting[], error: unknown): Promise<void> {
    if (error instanceof DatabaseError && error.retryable) {
      await this.#resolveUnknown(batch, error);
      return;
    }
    const converted = isOfFirstFormat(error) ? await this.#withCurrentStates(batch) : undefined;
    if (converted !== undefined) {
      await this.#commit(converted);
      return;
    }
    const rooms = new Map<number, Waiting[]>();
    for (const waiting of batch) rooms.set(waiting.commit.room, [...(rooms.get(waiting.commit.room) ?? []), waiting]);
    if (rooms.size === 1) await this.#failed(batch, error);
    else for (const ofRoom of rooms.values()) await this.#commit(ofRoom);
  }

  /** Undefined when a state is not there. */
  async #withCurrentStates(batch: readonly Waiting[]): Promise<Waiting[] | undefined> {
    const { currentState, log } = this.#options;
    try {
      return await Promise.all(
        batch.map(async ({ commit, settle }) => ({ commit: await withCurrentStates(commit, currentState), settle })),
      );
    } catch (error) {
      log.error({ error }, 'a state of the first format was not converted');
      return undefined;
    }
  }

  async #failed(batch: readonly Waiting[], error: unknown): Promise<void> {
    const [first, ...rest] = batch;
    if (first === undefined) return;
    if (isCheckViolation(error, 'state_nodes_one_content')) {
      await this.#options.learnAddresses(batch.flatMap(({ commit }) => commit.stateWrites));
      this.#refuse(batch, new Set([first.commit.room]), undefined);
      return;
    }
    const outcome = outcomeOfError(first.commit, error);
    if (outcome.kind === 'failed') this.#options.log.error({ error }, 'a commit failed');
    first.settle(outcome);
    this.#refuse(rest, new Set([first.commit.room]), undefined);
  }

  /** The connection broke before the answer: what is there was committed, whole. */
  async #resolveUnknown(batch: readonly Waiting[], error: DatabaseError): Promise<void> {
    this.#options.log.warn({ error }, 'the outcome of a commit is unknown');
    const numbers = batch.flatMap(({ commit }) => commit.events.map(({ event }) => event));
    try {
      const rows = await this.#options.database.query(selectEventPositions, [numbers]);
      // The log's publisher finds the entries by itself: their positions are behind the head.
      if (rows.length > 0 && rows.length === numbers.length) {
        for (const { settle } of batch) settle({ kind: 'committed' });
        return;
      }
    } catch (second) {
      this.#options.log.warn({ error: second }, 'the database does not answer');
    }
    const rooms = new Set(batch.map(({ commit }) => commit.room));
    for (const { settle } of batch) settle({ kind: 'unknown', error });
    this.#refuse([], rooms, undefined);
  }
}

/** A batch is a part of the first trace that is in it, with links to the others; of none when nothing of it is sampled. */
function tracesOf(batch: readonly Waiting[]): SpanOptions {
  const traces = new Set<string>();
  for (const { commit } of batch) {
    for (const { traceparent } of commit.events) {
      if (traceparent !== '' && traces.size < MAX_LINKS) traces.add(traceparent);
    }
  }
  const [parent = '', ...links] = traces;
  return { parent, links };
}

/** The commit refers to a state by the number that it had before it was converted. */
function isOfFirstFormat(error: unknown): boolean {
  return isCheckViolation(error, 'events_snapshot_of_tree');
}

/** Races that the statement's own look at the tables cannot see end in a constraint. */
function outcomeOfError({ created, input }: RoomCommit, error: unknown): CommitOutcome {
  if (isUniqueViolation(error, 'aliases_pkey')) return { kind: 'alias_taken' };
  if (isUniqueViolation(error, 'transactions_pkey')) return { kind: 'transaction_seen' };
  const sameEvent = isUniqueViolation(error, 'events_id') || isUniqueViolation(error, 'rooms_room_id_key');
  // The same event in by way of another room: it is found there when this is built again.
  if (input !== undefined && sameEvent) return { kind: 'stale' };
  return created !== undefined && sameEvent ? { kind: 'room_exists' } : { kind: 'failed', error };
}

function isRefused(commit: RoomCommit, row: CommitRow): boolean {
  return (
    row.stale.includes(commit.room) ||
    row.seen.includes(commit.room) ||
    row.taken.includes(commit.created?.alias?.alias ?? '')
  );
}

function refusalOf(commit: RoomCommit, row: CommitRow): CommitOutcome {
  if (row.taken.includes(commit.created?.alias?.alias ?? '')) return { kind: 'alias_taken' };
  const hasTransaction = commit.events.some(({ transactionKey }) => transactionKey !== undefined);
  return row.seen.includes(commit.room) && hasTransaction ? { kind: 'transaction_seen' } : { kind: 'stale' };
}
