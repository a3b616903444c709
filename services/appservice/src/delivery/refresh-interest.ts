import type { RoomserverService } from '@plexus/contracts/roomserver';
import type { Observability } from '@plexus/observability';
import type { Database } from '@plexus/postgres';
import { loadPosition, roomLog } from '@plexus/streams';
import { isUserOf, membershipChanges } from '../domain/interest.ts';
import type { Registration } from '../domain/registration.ts';
import { type FollowChange, storeFollowChanges } from '../storage/followed-rooms.ts';
import { changedBridges, forgetMembers, setFingerprints, upsertBridges } from '../storage/interest.ts';
import { positions } from '../storage/positions.ts';

const PAGE = 1_000;

/**
 * Derives anew, from the room log up to where this service has read it, which rooms a bridge follows, when the bridge is new or its
 * namespaces have changed. Runs before the consumer starts; nothing is sent twice by it.
 */
export async function refreshInterest(
  registrations: readonly Registration[],
  database: Database,
  roomserver: RoomserverService,
  { log }: Observability,
): Promise<void> {
  const columns = [registrations.map(({ id }) => id), registrations.map(({ fingerprint }) => fingerprint)];
  const added = await database.query<{ id: string }>(upsertBridges, columns);
  const changed = await database.query<{ id: string }>(changedBridges, columns);
  const ids = new Set([...added, ...changed].map((row) => row.id));
  const stale = registrations.filter((registration) => ids.has(registration.id));
  if (stale.length === 0) return;
  const end = await loadPosition(database, positions, roomLog);
  if (end > 0)
    log.info({ bridges: stale.map(({ id }) => id), positions: end }, 'deriving which rooms these bridges follow');
  await database.query(forgetMembers, [[...ids]]);
  for (let from = 1; from <= end; ) {
    const { entries } = await roomserver.readLog({ from, to: end, limit: PAGE, partition: 0 });
    const last = entries.at(-1);
    if (last === undefined) break;
    const changes = entries.flatMap((entry): FollowChange[] => {
      if (entry.kind?.$case !== 'event') return [];
      const { roomId, stateChanges } = entry.kind.value;
      return membershipChanges(stateChanges).flatMap((change) =>
        stale
          .filter((registration) => isUserOf(registration, change.userId))
          .map(({ id }) => ({ bridgeId: id, roomId, ...change })),
      );
    });
    await database.transaction((transaction) => storeFollowChanges(transaction, changes));
    from = last.position + 1;
  }
  await database.query(setFingerprints, columns);
}
