import type { StateChange } from '@plexus/contracts/streams/room-log';
import type { Queryable } from '@plexus/postgres';
import { stateChangeOf } from '../domain/log-entry.ts';
import type { StateDifference, StateStore } from '../state-store/state-store.ts';
import { readEvent } from './stored-event.ts';
import { type StoredEventRow, selectEventsByNumber } from './stored-events.ts';

/** An entry of the log, and the current state before and after it where it did not just take its event in its place. */
export interface Transition {
  readonly event: number;
  readonly state_before: number | null;
  readonly state_after: number | null;
}

/** What transitions changed, by event. */
export async function readTransitions(
  queryable: Queryable,
  stateStore: StateStore,
  rows: readonly Transition[],
): Promise<ReadonlyMap<number, readonly StateChange[]>> {
  const differences = await Promise.all(
    rows.flatMap(({ event, state_before: before, state_after: after }) =>
      before === null || after === null
        ? []
        : [stateStore.compare([before, after]).then((difference) => ({ event, difference }))],
    ),
  );
  const named = new Set(differences.flatMap(({ difference }) => difference.flatMap(eventsOf)));
  if (differences.length === 0) return new Map();
  const changed = await queryable.query<StoredEventRow>(selectEventsByNumber, [[...named]]);
  const events = new Map(changed.map((row) => [row.event, readEvent(row)]));
  return new Map(
    differences.map(({ event, difference }) => [
      event,
      describeChanges(difference, (number) => {
        const { stateKey, ...read } = events.get(number) ?? missing();
        return { ...read, stateKey: stateKey ?? '' };
      }),
    ]),
  );
}

/** The changes of one state into another, as a log entry tells them; in the order of the differences. */
export function describeChanges(
  differences: readonly StateDifference[],
  eventOf: (event: number) => Parameters<typeof stateChangeOf>[0] & NonNullable<Parameters<typeof stateChangeOf>[1]>,
): StateChange[] {
  return differences.map(({ events: [before, after] }) => {
    const { type, stateKey } = eventOf(after ?? before ?? Number.NaN);
    return stateChangeOf({ type, stateKey }, after === undefined ? undefined : eventOf(after));
  });
}

function eventsOf({ events }: StateDifference): number[] {
  return events.filter((event) => event !== undefined);
}

function missing(): never {
  throw new Error('the events of a state are not stored');
}
