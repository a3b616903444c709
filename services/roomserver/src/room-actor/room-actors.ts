import { ByteBoundedCache } from '@plexus/cache';
import type { RoomId } from '@plexus/matrix';
import type { Observability } from '@plexus/observability';
import type { EventCommand } from '../domain/event-command.ts';
import { BuildSlices } from './build-slices.ts';
import { type Answer, RoomActor, type RoomActorOptions, type RoomTurn } from './room-actor.ts';

/** Memory of rooms in which nothing happens at the moment; those at work come on top, bounded by the calls in flight. */
const IDLE_ROOMS_BYTES = 64 * 1024 * 1024;

/** One actor a room. An actor at work is never dropped, so that a room has one line of commits in this process. */
export class RoomActors {
  readonly #options: RoomActorOptions;
  readonly #working = new Map<RoomId, RoomActor>();
  readonly #idle: ByteBoundedCache<RoomId, RoomActor>;

  constructor(options: Omit<RoomActorOptions, 'oneAtATime' | 'slices'>, observability: Observability) {
    this.#options = {
      ...options,
      oneAtATime: turnstile(),
      slices: new BuildSlices(() => options.stages.clock.monotonic()),
    };
    this.#idle = new ByteBoundedCache({
      name: 'roomserver_rooms',
      maxBytes: IDLE_ROOMS_BYTES,
      bytesOf: (actor) => actor.bytes,
      observability,
    });
  }

  get count(): number {
    return this.#working.size + this.#idle.size;
  }

  send(roomId: RoomId, command: EventCommand): Promise<Answer> {
    return this.#actor(roomId).send(command);
  }

  /** Work that has the room to itself for its turn. */
  take<Value>(roomId: RoomId, work: (turn: RoomTurn) => Promise<Value>): Promise<Value> {
    return this.#actor(roomId).take(work);
  }

  #actor(roomId: RoomId): RoomActor {
    const working = this.#working.get(roomId);
    if (working !== undefined) return working;
    const actor = this.#idle.get(roomId) ?? new RoomActor(roomId, this.#options, (idle) => this.#rest(idle));
    this.#idle.delete(roomId);
    this.#working.set(roomId, actor);
    return actor;
  }

  #rest(actor: RoomActor): void {
    this.#working.delete(actor.roomId);
    this.#idle.set(actor.roomId, actor);
  }
}

/** Runs work one after another, in the order in which it is asked for. */
function turnstile(): RoomActorOptions['oneAtATime'] {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work, work);
    last = result.catch(() => undefined);
    return result;
  };
}
