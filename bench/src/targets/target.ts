import type { ProcessGroup } from '../measure/processes.ts';

/** A running homeserver with what must be known to measure it. */
export interface Target {
  readonly name: string;
  readonly url: string;
  /** Undefined: registration is open. */
  readonly sharedSecret: string | undefined;
  /** `server` and `database`. */
  readonly groups: readonly ProcessGroup[];
  /** Bytes of all the server's databases after a checkpoint. */
  databaseBytes(): Promise<number>;
  stop(): Promise<void>;
}
