import { type Queryable, sql } from '@plexus/postgres';
import { onKnownNode } from '../../storage/state-rows.ts';
import type { StateNode } from '../node-lookup.ts';

const insertNodes = sql(
  'test_insert_state_nodes',
  `INSERT INTO roomserver.state_nodes AS n (address, generation, content)
   SELECT s.address, 0, s.content FROM unnest($1::bigint[], $2::bytea[]) AS s(address, content) ${onKnownNode}`,
);

/** Writes nodes as a commit does. */
export async function writeNodes(queryable: Queryable, nodes: readonly StateNode[]): Promise<void> {
  const sorted = nodes.toSorted((a, b) => a.address - b.address);
  await queryable.query(insertNodes, [sorted.map(({ address }) => address), sorted.map(({ content }) => content)]);
}
