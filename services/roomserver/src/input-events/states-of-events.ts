import type { StateKeyPair } from '@plexus/matrix';
import type { AuthChains } from '../auth-chains/auth-chains.ts';
import type { StateEntry, StateWrite } from '../state-store/state-store.ts';
import type { RoomInput } from './input-event.ts';
import type { KnownEvent } from './known-events.ts';
import { placesOf, type ResolutionContext, type ResolvedRoom, resolveStates } from './resolve-states.ts';

/**
 * The states before and after events of one commit. `store_first`: states in which events of the commit itself disagree with others can be
 * resolved only when these events are stored, since auth chains are read from the tables.
 */
export class StatesOfEvents {
  readonly #room: ResolvedRoom;
  readonly #context: ResolutionContext;
  /** Takes what the commit has to write. */
  readonly #writes: StateWrite[];
  readonly #after = new Map<number, number>();
  readonly #resolved = new Map<string, number>();

  /** `room`: its number. */
  constructor(room: number, { roomId, known, pace }: RoomInput, context: ResolutionContext, writes: StateWrite[]) {
    let chains: Promise<AuthChains> | undefined;
    const open = () => context.authChains.ofRoom(room, (queryable) => pace.paced(queryable));
    this.#room = { roomId, known, pace, chains: () => (chains ??= open()) };
    this.#context = context;
    this.#writes = writes;
  }

  /** What is known of the state after an event, from elsewhere. */
  noteAfter(event: number, snapshot: number): void {
    this.#after.set(event, snapshot);
  }

  /** The state after an event that has its place in the graph; a rejected one changes nothing. */
  async after(known: KnownEvent): Promise<number> {
    if (known.stateKey === 0 || known.rejected) return known.snapshot;
    const noted = this.#after.get(known.event);
    if (noted !== undefined) return noted;
    const snapshot = await this.change(known.snapshot, [known]);
    this.#after.set(known.event, snapshot);
    return snapshot;
  }

  async change(snapshot: number, entries: readonly StateEntry[]): Promise<number> {
    const changes = entries.map(({ type, stateKey, event }) => ({ type, stateKey, event }));
    const write = await this.#context.stateStore.change(snapshot, changes);
    this.#writes.push(write);
    return write.snapshot;
  }

  /** One state of several. */
  async joined(snapshots: readonly number[]): Promise<number | 'store_first'> {
    const different = [...new Set(snapshots)].sort((a, b) => a - b);
    const [first] = different;
    if (first === undefined || different.length === 1) return first ?? 0;
    const key = different.join(' ');
    const known = this.#resolved.get(key);
    if (known !== undefined) return known;
    const write = await resolveStates(different, this.#room, this.#context);
    if (write === 'store_first') return write;
    this.#writes.push(write);
    this.#resolved.set(key, write.snapshot);
    return write.snapshot;
  }

  /** What stands at these keys of a state. */
  async at(snapshot: number, keys: readonly StateKeyPair[]): Promise<KnownEvent[]> {
    const entries = await this.#context.stateStore.at(snapshot, await placesOf(keys, this.#context.names));
    await this.#room.known.loadNumbers(entries.map(({ event }) => event));
    return entries.map(({ event }) => this.#room.known.at(event));
  }
}
