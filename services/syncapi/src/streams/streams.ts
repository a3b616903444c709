import { accountData } from './account-data.ts';
import { receipts } from './receipts.ts';
import { roomEvents } from './room-events/room-events.ts';
import type { SyncStream } from './stream.ts';
import { typing } from './typing.ts';

/** The streams of which responses are composed. A new one is a file or folder here, a line in this list, and its test. */
export const syncStreams: readonly SyncStream[] = [roomEvents, typing, receipts, accountData];
