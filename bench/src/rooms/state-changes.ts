import { timeStateChanges } from '@plexus/roomserver/bench';
import { prepare } from '../scenarios/scenario.ts';
import { userOf } from './filled-rooms.ts';
import { join, send } from './requests.ts';
import type { FilledScenario } from './rooms-bench.ts';
import { tableBytes } from './table-bytes.ts';

const CHANGES = 2_000;
const CHANGES_PER_CALL = 50;
/** The tables of the state store; those of the names of state keys belong to none. */
const STATE_TABLES = '^state_(?!keys)';
const LABEL = 'state change, 100,000 members';

/** Members change their names: what that adds to the tables of the state store, and how long the store takes for it. */
export const stateChanges: FilledScenario = async (bench, rooms) => {
  const medium = await bytesOfChange(bench, rooms.medium, rooms.sizes.mediumMembers);
  const huge = await bytesOfChange(bench, rooms.huge, rooms.sizes.hugeMembers);
  bench.addFigure('state change, 1,000 members: bytes', medium, 'B');
  bench.addFigure(`${LABEL}: bytes`, huge, 'B');
  bench.addFigure(`${LABEL} against 1,000: bytes`, huge / medium, '×');
  const micros = await timeStateChanges(bench.target.postgresUrl, rooms.huge, bench.scale(CHANGES));
  bench.addFigure(`${LABEL}: time in the store`, micros, 'µs');
};

async function bytesOfChange(
  { target, scale }: Parameters<FilledScenario>[0],
  roomId: string,
  members: number,
): Promise<number> {
  const changes = scale(CHANGES);
  const stride = Math.max(1, Math.floor(members / changes));
  // What autovacuum or a checkpoint still owes would count for the changes.
  await target.sql.query('VACUUM');
  const before = await tableBytes(target.sql, STATE_TABLES);
  await prepare(Math.ceil(changes / CHANGES_PER_CALL), 2, (call) =>
    send(
      target.client,
      Array.from({ length: CHANGES_PER_CALL }, (_, index) => {
        const number = call * CHANGES_PER_CALL + index;
        const user = userOf(target.serverName, (number * stride) % members);
        return join(roomId, user, `Renamed ${number} ${performance.now()}`);
      }),
    ),
  );
  return ((await tableBytes(target.sql, STATE_TABLES)) - before) / changes;
}
