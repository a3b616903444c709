import { ByteBoundedCache } from '@plexus/cache';
import type { Observability } from '@plexus/observability';
import { type Queryable, type Statement, sql } from '@plexus/postgres';

/** Looks before it inserts, so that a cold cache uses no numbers up. A name that another process is inserting is seen at the next try. */
function numbering(table: string, column: string): Statement {
  return sql(
    `roomserver_number_${table}`,
    `WITH known AS (SELECT number, ${column} AS name FROM roomserver.${table} WHERE ${column} = ANY($1::text[])),
     added AS (INSERT INTO roomserver.${table} (${column})
       SELECT name FROM unnest($1::text[]) name WHERE name NOT IN (SELECT name FROM known)
       ON CONFLICT DO NOTHING RETURNING number, ${column} AS name)
     SELECT number, name FROM known UNION ALL SELECT number, name FROM added`,
  );
}

const tables = {
  type: numbering('event_types', 'type'),
  stateKey: numbering('state_keys', 'state_key'),
  user: numbering('users', 'user_id'),
} as const;

export type NameKind = keyof typeof tables;

interface KnownName {
  readonly number: number;
}

const CACHE_BYTES = 16 * 1024 * 1024;
const KNOWN_NAME_BYTES = 24;

/** The numbers that stand for event types, state keys and users. Names never lose their number, so the cache is never wrong. */
export class Names {
  readonly #queryable: Queryable;
  readonly #known: Record<NameKind, ByteBoundedCache<string, KnownName>>;

  constructor(queryable: Queryable, observability: Observability) {
    this.#queryable = queryable;
    this.#known = {
      type: cache('types', observability),
      stateKey: cache('state_keys', observability),
      user: cache('users', observability),
    };
  }

  /** The number when it is known here. */
  cached(kind: NameKind, name: string): number | undefined {
    return this.#known[kind].get(name)?.number;
  }

  /** Makes sure that all the names have numbers, in one round trip at most. */
  async ensure(kind: NameKind, names: Iterable<string>): Promise<void> {
    let missing = [...new Set(names)].filter((name) => !this.#known[kind].has(name));
    while (missing.length > 0) {
      const rows = await this.#queryable.query<{ number: number; name: string }>(tables[kind], [missing]);
      const found = new Set<string>();
      for (const { name, number } of rows) {
        this.#known[kind].set(name, { number });
        found.add(name);
      }
      missing = missing.filter((name) => !found.has(name));
    }
  }

  /** The number of the name, made when it has none. */
  async number(kind: NameKind, name: string): Promise<number> {
    for (;;) {
      const known = this.#known[kind].get(name);
      if (known !== undefined) return known.number;
      for (const row of await this.#queryable.query<{ number: number; name: string }>(tables[kind], [[name]]))
        this.#known[kind].set(row.name, { number: row.number });
    }
  }
}

function cache(name: string, observability: Observability): ByteBoundedCache<string, KnownName> {
  return new ByteBoundedCache({
    name: `roomserver_${name}`,
    maxBytes: CACHE_BYTES,
    bytesOf: (_known, key) => 2 * key.length + KNOWN_NAME_BYTES,
    observability,
  });
}
