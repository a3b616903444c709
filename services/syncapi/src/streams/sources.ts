import type { Database } from '@plexus/postgres';
import type { OtherServices } from '../clients/other-services.ts';
import type { EventStore } from '../clients/roomserver.ts';
import type { MemoryIndex } from '../memory/memory-index.ts';
import type { ReadBarrier } from '../read/read-barrier.ts';
import type { RoomNumbers } from '../storage/room-numbers.ts';

/** What the streams read: memory, the index, and the services that own the content. */
export interface SyncSources {
  readonly memory: MemoryIndex;
  readonly database: Database;
  readonly numbers: RoomNumbers;
  readonly events: EventStore;
  readonly userapi: OtherServices['userapi'];
  /** Waits until this replica has applied what is committed. */
  readonly barrier: Pick<ReadBarrier, 'pass'>;
}
