import type { UserLogEntry } from '@plexus/contracts/streams/user-log';
import type { Database } from '@plexus/postgres';
import { type LogConsumerOptions, userLog } from '@plexus/streams';
import type { OtherServices } from '../clients/other-services.ts';
import type { MemoryIndex, Woken } from '../memory/memory-index.ts';
import type { IgnoredUsers } from '../read/ignored-users.ts';
import { writeAccountDataChanges } from '../storage/account-data.ts';
import { parkOnce, retryParked, writeOnce } from '../storage/positions.ts';
import { applyAccountData } from '../streams/account-data.ts';

export interface UserLogEffects {
  readonly database: Database;
  readonly userapi: OtherServices['userapi'];
  readonly memory: MemoryIndex;
  readonly ignored: IgnoredUsers;
  wake(woken: Woken): void;
}

/** Account data: where it changed goes into the index, what it is into memory. */
export function userLogConsumer({
  database,
  userapi,
  ignored,
  memory,
  wake,
}: UserLogEffects): LogConsumerOptions<UserLogEntry> {
  return {
    stream: userLog,
    consumer: 'syncapi',
    loadPosition: () => Promise.resolve(memory.position.user),
    readLog: async ({ from, to, limit }) => userapi.readLog({ from, to: to ?? 0, limit }),
    apply: async (entries) => {
      // Memory may tell what the index waits for: account data is a set of values, in which the newest counts.
      await writeOnce(database, userLog, entries, writeAccountDataChanges);
      ignored.apply(entries);
      wake(applyAccountData(memory, entries));
    },
    park: async (entry, error) => {
      await parkOnce(database, userLog, entry, error);
      memory.advanceTo('user', entry.position);
    },
    retryParked: () => retryParked(database, userLog, writeAccountDataChanges),
  };
}
