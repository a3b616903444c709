/** Largest request and response, encoded. A message of a room's 100,000 members has about 20 MiB. */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
/** What frames messages in the shared stream, and others beside them in the same frame (see outbox.ts). */
export const MAX_FRAME_BYTES = MAX_MESSAGE_BYTES + 2 * 1024 * 1024;
