import type { RoomserverService } from '@plexus/contracts/roomserver';
import {
  appserviceMetrics,
  type Clock,
  counter,
  fromZero,
  histogram,
  type Observability,
  type Random,
  spanKinds,
  withSpan,
} from '@plexus/observability';
import type { Database } from '@plexus/postgres';
import type { Bridge, BridgeAnswer } from '../clients/bridge.ts';
import { backOffMs } from '../domain/back-off.ts';
import { type DeliveryFailure, failureOf } from '../domain/delivery-failure.ts';
import { beginTransaction, endTransaction, releaseLease, takeLease } from '../storage/pending-events.ts';
import { clientEvents } from './client-events.ts';

export interface BridgeSenderOptions {
  readonly bridgeId: string;
  readonly bridge: Bridge;
  readonly database: Database;
  readonly roomserver: RoomserverService;
  readonly observability: Observability;
  readonly clock: Clock;
  readonly random: Random;
  /** This process, among the replicas. */
  readonly holder: string;
}

/** Longer than a transaction may take, so that no two replicas ever send to one bridge at once. */
const LEASE_MS = 90_000;
/** Bridges answer a transaction when they have done its work: few events keep the answer near. */
const MAX_EVENTS = 50;
/** How often a sleeping sender looks whether another replica has left it work. */
const IDLE_MS = 10_000;

/** Sends one bridge its transactions, one after another, for ever: the same one with the same id until it is taken. */
export class BridgeSender {
  readonly #options: BridgeSenderOptions;
  readonly #delivered;
  readonly #seconds;
  #failures = 0;
  /** Why transactions fail now: told to the operator once. */
  #failure: DeliveryFailure | undefined;
  #stopped = false;
  #woken = true;
  #wake: () => void = () => {};
  #running: Promise<void> | undefined;

  constructor(options: BridgeSenderOptions) {
    this.#options = options;
    this.#delivered = counter(options.observability, appserviceMetrics.transactions);
    for (const outcome of ['taken', 'refused', 'unreachable'])
      fromZero(this.#delivered, { bridge: options.bridgeId, outcome });
    this.#seconds = histogram(options.observability, appserviceMetrics.transactionSeconds);
  }

  start(): void {
    this.#running = this.#run();
  }

  /**
   * Something is pending, or the bridge has shown that it lives by any request of its own: what waits out a back-off is tried now. Without a
   * back-off its requests change nothing.
   */
  wake(reason: 'pending' | 'alive'): void {
    if (this.#failures > 0 === (reason === 'pending')) return;
    this.#failures = 0;
    this.#woken = true;
    this.#wake();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { database, bridgeId, holder, observability } = this.#options;
    while (!this.#stopped) {
      this.#woken = false;
      try {
        const mine = await database.query(takeLease, [bridgeId, holder, LEASE_MS]);
        const more = mine.length > 0 && (await this.#sendNext());
        if (more) continue;
      } catch (error) {
        this.#failures++;
        observability.log.warn({ bridge: bridgeId, error }, 'a transaction could not be prepared; it is tried again');
      }
      await this.#sleep();
    }
    await database.query(releaseLease, [bridgeId, holder]);
  }

  /** True when a transaction was taken, so that there may be more. */
  async #sendNext(): Promise<boolean> {
    const { database, bridgeId, bridge, roomserver } = this.#options;
    const rows = await database.query<{ transaction_id: number; positions: number[] | null }>(beginTransaction, [
      bridgeId,
      MAX_EVENTS,
    ]);
    const transaction = rows[0];
    if (transaction === undefined) return false;
    return withSpan(`${spanKinds.httpClient} appservice.putTransaction`, {}, async () => {
      const events = await clientEvents(roomserver, transaction.positions ?? []);
      const end = this.#seconds.startTimer();
      const answer = await bridge.putTransaction(transaction.transaction_id, events);
      end();
      const taken = answer.kind === 'answered' && answer.status >= 200 && answer.status < 300;
      const outcome = taken ? 'taken' : answer.kind === 'answered' ? 'refused' : 'unreachable';
      this.#delivered.inc({ bridge: bridgeId, outcome });
      this.#report(taken ? undefined : failureOf(answer), answer);
      if (!taken) {
        this.#failures++;
        return false;
      }
      this.#failures = 0;
      await database.query(endTransaction, [bridgeId]);
      return true;
    });
  }

  /** One line when transactions begin to fail, or fail for another reason, and one when they are taken again. */
  #report(failure: DeliveryFailure | undefined, answer: BridgeAnswer): void {
    if (failure === this.#failure) return;
    const { bridge, bridgeId, observability } = this.#options;
    this.#failure = failure;
    if (failure === undefined) {
      observability.log.info({ bridge: bridgeId }, 'the bridge takes transactions again');
      return;
    }
    const detail = answer.kind === 'answered' ? { status: answer.status } : { cause: answer.cause };
    const fields = { bridge: bridgeId, host: bridge.host, ...detail };
    observability.log.warn(fields, `the bridge ${failure}; its events are kept and tried again until it takes them`);
  }

  #sleep(): Promise<void> {
    if (this.#stopped || this.#woken) return Promise.resolve();
    const { random } = this.#options;
    const chance = random.bytes(4).readUInt32BE() / 2 ** 32;
    const milliseconds = this.#failures > 0 ? backOffMs(this.#failures, chance) : IDLE_MS;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
