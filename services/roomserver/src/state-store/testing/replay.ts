import { type Queryable, sql } from '@plexus/postgres';
import type { StateEntry } from '../state-store.ts';
import { MapState } from './map-state.ts';

const selectEvents = sql(
  'test_select_events_of_rooms',
  `SELECT event, room, type, state_key, snapshot FROM roomserver.events ORDER BY room, position`,
);
/** An event and the state before it, which is that after the one before it in a room without forks. */
export interface ReplayedEvent {
  readonly event: number;
  readonly room: number;
  /** Place that it sets; undefined for messages. */
  readonly change: StateEntry | undefined;
  /** As the row has it. */
  readonly snapshot: number;
  readonly before: MapState;
}

/** All events of the timelines in their order with the state before them, told from the events alone. */
export async function replay(queryable: Queryable): Promise<ReplayedEvent[]> {
  type Row = { event: number; room: number; type: number; state_key: number; snapshot: number };
  const replayed: ReplayedEvent[] = [];
  const states = new Map<number, MapState>();
  for (const { event, room, type, state_key, snapshot } of await queryable.query<Row>(selectEvents, [])) {
    const before = states.get(room) ?? new MapState([]);
    const change = state_key === 0 ? undefined : { type, stateKey: state_key, event };
    replayed.push({ event, room, change, snapshot, before });
    if (change !== undefined || !states.has(room)) states.set(room, before.with(change === undefined ? [] : [change]));
  }
  return replayed;
}
