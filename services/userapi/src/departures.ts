import type { MatrixError } from '@plexus/contracts/common';
import type { MembershipService } from '@plexus/contracts/membership';
import type { RoomserverService } from '@plexus/contracts/roomserver';
import type { ServerName } from '@plexus/matrix';
import { type Clock, type Logger, outsideOfTrace } from '@plexus/observability';
import type { Database } from '@plexus/postgres';
import { userIdOf } from './domain/localparts.ts';
import { claimDeparture, continueDeparture, type DepartureRow, endDeparture } from './storage/departures.ts';

export interface DeparturesOptions {
  readonly database: Database;
  readonly roomserver: Pick<RoomserverService, 'queryMemberships'>;
  readonly membership: Pick<MembershipService, 'leaveRoom'>;
  readonly serverName: ServerName;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How long nothing is looked for when nobody was deactivated here: another process may have died at it. */
const IDLE_MS = 15_000;
/** A step takes less; after this another process takes over. */
const CLAIM_MS = 60_000;
const RETRY_MS = 10_000;
/** Twenty rooms a second: whoever was in thousands of rooms does not hold up those who write in them. */
const ROOMS_AT_ONCE = 20;
const PAUSE_MS = 1_000;

/**
 * Makes deactivated users leave their rooms, in the background and step by step. What has yet to be done is what the rooms say and a row in
 * the database, so a process that dies is succeeded by any other, and nothing is forgotten.
 */
export class Departures {
  readonly #options: DeparturesOptions;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;
  #isRunning = false;

  constructor(options: DeparturesOptions) {
    this.#options = options;
  }

  start(): void {
    this.#isRunning = true;
    this.#schedule(0);
  }

  /** Somebody was deactivated. */
  wake(): void {
    if (this.#working === undefined) this.#schedule(0);
  }

  /** Resolves when the step in hand is done. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    clearTimeout(this.#timer);
    await this.#working;
  }

  #schedule(delayMs: number): void {
    if (!this.#isRunning) return;
    clearTimeout(this.#timer);
    this.#timer = outsideOfTrace(() =>
      setTimeout(() => {
        this.#working = this.#work().then((pauseMs) => {
          this.#working = undefined;
          this.#schedule(pauseMs);
        });
      }, delayMs),
    );
    this.#timer.unref();
  }

  /** Milliseconds until the next step. */
  async #work(): Promise<number> {
    const { database, clock, log } = this.#options;
    try {
      const row = await claimDeparture(database, clock.now(), clock.now() + CLAIM_MS);
      if (row === undefined) return IDLE_MS;
      await this.#step(row);
      return PAUSE_MS;
    } catch (error) {
      log.warn({ error }, 'the departures of deactivated users cannot go on at the moment');
      return RETRY_MS;
    }
  }

  async #step(row: DepartureRow): Promise<void> {
    const { database, roomserver, membership, serverName, clock, log } = this.#options;
    const userId = userIdOf(row.localpart, serverName);
    const asked = { userIds: [userId], memberships: ['join', 'invite', 'knock'], roomIds: [] };
    const { memberships } = await roomserver.queryMemberships(asked);
    const refusedBefore = new Set(row.refused_rooms);
    const rooms = memberships.map(({ roomId }) => roomId).filter((roomId) => !refusedBefore.has(roomId));
    if (rooms.length === 0) return endDeparture(database, row.nid);
    const batch = rooms.slice(0, ROOMS_AT_ONCE);
    const answers = await Promise.all(
      batch.map((roomId) =>
        membership.leaveRoom({ roomId, userId, requestKey: `departure of ${userId} from ${roomId}` }),
      ),
    );
    const refused = batch.filter((_, index) => isForGood(answers[index]?.error));
    if (refused.length > 0) log.warn({ userId, rooms: refused }, 'rooms refused that a deactivated user leaves them');
    await continueDeparture(database, row.nid, clock.now(), refused);
  }
}

/** What was only too fast, or too much at the moment, is tried again. */
function isForGood(error: MatrixError | undefined): boolean {
  return error !== undefined && error.status < 500 && error.status !== 429;
}
