import { type Clock, type Logger, outsideOfTrace } from '@plexus/observability';
import type { RoomserverContext } from '../context.ts';
import {
  claimRemoval,
  postponeRemoval,
  type RemovalRow,
  removalStages,
  setRemovalStage,
} from '../storage/room-removals.ts';
import { emptyRoom } from './empty-room.ts';
import { type Removal, removalOf } from './removal.ts';
import { beginRemoval, removeNextEvents, removeRestOfRoom } from './remove-rows.ts';

export interface RoomRemovalsOptions {
  readonly context: RoomserverContext;
  /** What users have of a deleted room, which others keep. */
  readonly deleteRoomData: (request: { readonly roomId: string }) => Promise<unknown>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Names this process among its replicas. */
  readonly process: string;
}

/** How long nothing is looked for when nobody asked for a removal here: another process may have died at one. */
const IDLE_MS = 15_000;
/** A step takes milliseconds to seconds; after this another process takes over. */
const CLAIM_MS = 60_000;
const RETRY_MS = 10_000;

/**
 * Carries out deletions of rooms and purges of history in the background, step by step. Every step is one that can be done again, and what is
 * done is written with it, so a process that dies is succeeded by any other. One process works at one removal.
 */
export class RoomRemovals {
  readonly #options: RoomRemovalsOptions;
  readonly #localSuffix: string;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;
  #isAskedFor = false;
  #stopped = false;

  constructor(options: RoomRemovalsOptions) {
    this.#options = options;
    this.#localSuffix = `:${options.context.serverName}`;
    this.#schedule(IDLE_MS);
  }

  /** Nothing is looked for or carried out at the moment. */
  get isIdle(): boolean {
    return this.#working === undefined && !this.#isAskedFor;
  }

  /** A removal was asked for. */
  wake(): void {
    this.#isAskedFor = true;
    if (this.#working === undefined) this.#schedule(0);
  }

  /** Resolves when the step in hand is written. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#working;
  }

  #schedule(delayMs: number): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = outsideOfTrace(() =>
      setTimeout(() => {
        this.#working = this.#work().finally(() => {
          this.#working = undefined;
          this.#schedule(this.#isAskedFor ? 0 : IDLE_MS);
        });
      }, delayMs),
    );
    this.#timer.unref();
  }

  async #work(): Promise<void> {
    this.#isAskedFor = false;
    try {
      while (!this.#stopped && (await this.#next()));
    } catch (error) {
      this.#options.log.warn({ error }, 'removals of rooms cannot be looked for');
    }
  }

  /** Whether there was something to do. */
  async #next(): Promise<boolean> {
    const { context, process, log } = this.#options;
    const [row] = await context.database.query<RemovalRow>(claimRemoval, [process, CLAIM_MS]);
    if (row === undefined) return false;
    try {
      await this.#step(removalOf(row));
    } catch (error) {
      log.warn({ error, roomId: row.room_id }, 'a step of a room removal failed');
      await context.database.query(postponeRemoval, [row.removal_id, RETRY_MS]);
    }
    return true;
  }

  async #step(removal: Removal): Promise<void> {
    const { context } = this.#options;
    const { row } = removal;
    if (removal.kind === 'deletion' && row.stage === removalStages.membersLeave) {
      if (!(await emptyRoom(context, removal))) await this.#afterLeaving(row);
      return;
    }
    if (row.last_event === null) {
      const entry = await beginRemoval(context, removal, this.#localSuffix);
      context.committer.published([entry]);
      return;
    }
    if (await removeNextEvents(context, removal, this.#localSuffix)) return;
    if (removal.kind === 'deletion') {
      await removeRestOfRoom(context, removal);
      await this.#options.deleteRoomData({ roomId: removal.roomId });
    }
    await this.#finish(row, removalStages.complete, null);
  }

  #afterLeaving(row: RemovalRow): Promise<void> {
    if (!row.purge) return this.#finish(row, removalStages.complete, null);
    if (row.failed_users.length > 0 && !row.force)
      return this.#finish(row, removalStages.failed, 'Users could not be made to leave the room');
    return this.#set(row, removalStages.rowsGo, null, null);
  }

  #finish(row: RemovalRow, stage: number, error: string | null): Promise<void> {
    return this.#set(row, stage, error, this.#options.clock.now());
  }

  async #set(row: RemovalRow, stage: number, error: string | null, finishedTs: number | null): Promise<void> {
    await this.#options.context.database.query(setRemovalStage, [row.removal_id, stage, error, finishedTs]);
  }
}
