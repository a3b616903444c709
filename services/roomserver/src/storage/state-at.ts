import { type Queryable, sql } from '@plexus/postgres';
import { unfoldJson } from '../domain/folded-json.ts';
import type { StatePlace, StateStore } from '../state-store/state-store.ts';

/** ($1 types, $2 state keys) → the numbers that they have. */
export const selectNumbers = sql(
  'roomserver_select_numbers',
  `SELECT 'type' AS kind, type AS name, number FROM roomserver.event_types WHERE type = ANY($1::text[])
   UNION ALL SELECT 'state_key', state_key, number FROM roomserver.state_keys WHERE state_key = ANY($2::text[])`,
);

/** ($1 event numbers) → their bodies. */
export const selectBodies = sql(
  'roomserver_select_bodies',
  `SELECT event, folded_json FROM roomserver.bodies WHERE event = ANY($1::bigint[])`,
);

export interface KnownNumbers {
  readonly types: ReadonlyMap<string, number>;
  readonly stateKeys: ReadonlyMap<string, number>;
}

/** The numbers of names, without making any. */
export async function findNumbers(
  queryable: Queryable,
  types: readonly string[],
  stateKeys: readonly string[],
): Promise<KnownNumbers> {
  const numbers = { types: new Map<string, number>(), stateKeys: new Map<string, number>() };
  if (types.length + stateKeys.length === 0) return numbers;
  type Row = { kind: 'type' | 'state_key'; name: string; number: number };
  const rows = await queryable.query<Row>(selectNumbers, [[...new Set(types)], [...new Set(stateKeys)]]);
  for (const { kind, name, number } of rows) (kind === 'type' ? numbers.types : numbers.stateKeys).set(name, number);
  return numbers;
}

export type PlaceKey = readonly [type: string, stateKey: string];

/** For each snapshot the PDUs at the given places as canonical JSON, in the order of the places. */
export async function stateEventsAt(
  queryable: Queryable,
  stateStore: StateStore,
  wanted: readonly { readonly snapshot: number; readonly keys: readonly PlaceKey[] }[],
): Promise<string[][]> {
  const keys = wanted.flatMap((each) => each.keys);
  const numbers = await findNumbers(
    queryable,
    keys.map(([type]) => type),
    keys.map(([, stateKey]) => stateKey),
  );
  const found = await Promise.all(
    wanted.map(({ snapshot, keys: places }) => stateStore.at(snapshot, placesOf(places, numbers))),
  );
  const rows = await queryable.query<{ event: number; folded_json: string }>(selectBodies, [
    [...new Set(found.flatMap((entries) => entries.map(({ event }) => event)))],
  ]);
  const bodies = new Map(rows.map(({ event, folded_json }) => [event, unfoldJson(folded_json)]));
  return found.map((entries) => entries.flatMap(({ event }) => bodies.get(event) ?? []));
}

/** The places by number; those whose type or state key has none are nowhere set, and left out. */
export function placesOf(keys: readonly PlaceKey[], { types, stateKeys }: KnownNumbers): StatePlace[] {
  return keys.flatMap(([typeName, stateKeyName]) => {
    const type = types.get(typeName);
    const stateKey = stateKeys.get(stateKeyName);
    return type === undefined || stateKey === undefined ? [] : [{ type, stateKey }];
  });
}
