import { parseStoredJson } from '@plexus/matrix';
import { type Queryable, sql } from '@plexus/postgres';
import { strippedSourcesOf } from '../domain/invite-state.ts';
import type { StrippedSource } from '../domain/log-entry.ts';

/** ($1 event numbers) → what was shown with these invites into rooms of others. */
const selectInviteStates = sql(
  'roomserver_select_invite_states',
  `SELECT event, stripped_state FROM roomserver.invite_states WHERE event = ANY($1::bigint[])`,
);

export async function readInviteStates(
  queryable: Queryable,
  events: readonly number[],
): Promise<ReadonlyMap<number, StrippedSource[]>> {
  if (events.length === 0) return new Map();
  const rows = await queryable.query<{ event: number; stripped_state: string }>(selectInviteStates, [events]);
  return new Map(
    rows.map(({ event, stripped_state }) => {
      const state: unknown = parseStoredJson(stripped_state);
      return [event, Array.isArray(state) ? strippedSourcesOf(state) : []];
    }),
  );
}
