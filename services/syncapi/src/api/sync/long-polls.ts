import type { MatrixRequest } from '@plexus/http';
import { currentTraceparent, type SpanOptions, withSpan } from '@plexus/observability';
import type { TimerWheel, WheelEntry } from '../../domain/timer-wheel.ts';
import type { Woken } from '../../memory/memory-index.ts';
import type { Listener, Waiter } from '../../memory/room-memory.ts';
import { spanNames } from '../../telemetry.ts';

/** When a poll ends without news: at a time of the monotonic clock, or when its request is not waited for any more. */
export interface PollLimits {
  readonly dueAt: number;
  readonly request: Pick<MatrixRequest, 'whenAbandoned'>;
}

/** Why a poll looks again whether there is something to tell. */
export type PollEnd = 'woken' | 'ended';

/** How many waiters are answered between two turns of the event loop: 200 take about 10 ms. */
const wakesPerTurn = 200;

/**
 * The syncs that wait. Whoever may be concerned by a batch is woken in slices, so that a batch for 10,000 receivers does not hold up the rest.
 */
export class LongPolls {
  readonly #wheel: TimerWheel;
  readonly #onWake: () => void;
  readonly #polls = new Set<LongPoll>();
  #queue: { readonly user: Listener; readonly traceparents: readonly string[] }[] = [];
  #isDelivering = false;
  #isDraining = false;

  constructor(wheel: TimerWheel, onWake: () => void) {
    this.#wheel = wheel;
    this.#onWake = onWake;
  }

  get size(): number {
    return this.#polls.size;
  }

  /**
   * Waits for the user's next news. `look` is asked at every wake-up and once at the end; the promise resolves with its first answer, or with
   * that of the end (time over, client gone, process draining).
   */
  wait<Answer>(
    user: Listener,
    limits: PollLimits,
    look: (end: PollEnd) => Answer | undefined,
  ): Promise<Answer | undefined> {
    const ownTrace = currentTraceparent();
    return new Promise((resolve, reject) => {
      const poll = new LongPoll(user, limits, (end, traceparents) => {
        const seen = () => look(end);
        try {
          const answer =
            traceparents.length === 0
              ? seen()
              : withSpan(spanNames.deliver, {}, seen, deliveryOf(ownTrace, traceparents));
          if (end === 'woken') this.#onWake();
          if (answer === undefined && end === 'woken') return;
          this.#end(poll);
          resolve(answer);
        } catch (error) {
          this.#end(poll);
          reject(error);
        }
      });
      this.#polls.add(poll);
      this.#wheel.add(poll);
      user.waiters.add(poll);
      if (this.#isDraining) poll.expire();
    });
  }

  wake({ users, traceparents }: Woken): void {
    for (const user of users) if (user.waiters.size > 0) this.#queue.push({ user, traceparents });
    if (!this.#isDelivering && this.#queue.length > 0) this.#deliver();
  }

  /** Ends every poll with what there is, and all that come after. */
  drain(): void {
    this.#isDraining = true;
    for (const poll of [...this.#polls]) poll.expire();
  }

  #deliver(): void {
    const turn = this.#queue.splice(0, wakesPerTurn);
    for (const { user, traceparents } of turn) {
      for (const waiter of [...user.waiters]) waiter.wake(traceparents);
    }
    this.#isDelivering = this.#queue.length > 0;
    if (this.#isDelivering) setImmediate(() => this.#deliver());
  }

  #end(poll: LongPoll): void {
    this.#polls.delete(poll);
    this.#wheel.remove(poll);
    poll.leave();
  }
}

/** A part of the poll's trace, with links to those of what woke it; when the poll is not sampled, a part of what woke it. */
function deliveryOf(ownTrace: string, [first = '', ...others]: readonly string[]): SpanOptions {
  return ownTrace === '' ? { parent: first, links: others } : { parent: ownTrace, links: [first, ...others] };
}

class LongPoll implements Waiter, WheelEntry {
  readonly dueAt: number;
  readonly #user: Listener;
  readonly #stopListening: () => void;
  readonly #look: (end: PollEnd, traceparents: readonly string[]) => void;
  #isOver = false;

  constructor(user: Listener, limits: PollLimits, look: (end: PollEnd, traceparents: readonly string[]) => void) {
    this.dueAt = limits.dueAt;
    this.#user = user;
    this.#look = look;
    this.#stopListening = limits.request.whenAbandoned(this.expire);
  }

  wake(traceparents: readonly string[]): void {
    if (!this.#isOver) this.#look('woken', traceparents);
  }

  readonly expire = (): void => {
    if (!this.#isOver) this.#look('ended', []);
  };

  leave(): void {
    this.#isOver = true;
    this.#user.waiters.delete(this);
    this.#stopListening();
  }
}
