/** Largest request and response, encoded. A message of a room's 100,000 members has about 20 MiB. */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
/** What frames messages in the shared stream, and others beside them in the same frame (see outbox.ts). */
export const MAX_FRAME_BYTES = MAX_MESSAGE_BYTES + 2 * 1024 * 1024;
/** A peer that says nothing is asked every so often whether it is there … */
export const KEEPALIVE_MS = 5_000;
/** … and given up when it has not said so by then: longer than any pause of its event loop that could pass for normal. */
export const KEEPALIVE_TIMEOUT_MS = 3_000;
