import { sql } from '@plexus/postgres';

/** ($1 addresses) → those nodes that are there. */
export const selectNodes = sql(
  'roomserver_select_state_nodes',
  `SELECT address, content FROM roomserver.state_nodes WHERE address = ANY($1::bigint[])`,
);

export interface NodeRow {
  readonly address: number;
  readonly content: Buffer;
}

/**
 * The end of an INSERT INTO state_nodes AS n: a node that is there already is made as young as the others, which is seldom; another content
 * at the address fails the statement by the constraint `state_nodes_one_content`. The row is locked in any case, so nobody removes a node
 * between this statement and the end of its transaction.
 */
export const onKnownNode = `ON CONFLICT (address) DO UPDATE SET generation = excluded.generation,
      content = CASE WHEN n.content = excluded.content THEN n.content ELSE ''::bytea END
    WHERE n.generation <> excluded.generation OR n.content <> excluded.content`;
