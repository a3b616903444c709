import type { IncomingMessage, ServerResponse } from 'node:http';

/** A rest that is at most so long is not worth a connection: Node reads and drops it, and the connection goes on. */
const SHORT_BODY_BYTES = 64 * 1024;

/** A client that has its answer may go on sending for so long; nginx gives as much (lingering_time). */
const LINGER_MS = 30_000;

/** Whether the answer comes before a long body was read: the connection ends then, and says so. */
export function leavesBodyUnread(incoming: IncomingMessage): boolean {
  if (incoming.complete) return false;
  const { 'transfer-encoding': encoding, 'content-length': length } = incoming.headers;
  return encoding !== undefined || Number(length ?? 0) > SHORT_BODY_BYTES;
}

/**
 * Reads and drops what is left of a body whose request has its answer, for a limited time. A connection that were closed at once would be
 * reset by the operating system while the client still sends, and the client would never see the answer.
 * @param drop starts to read; by default from the request itself
 */
export function dropRest(outgoing: ServerResponse, drop: () => void = () => outgoing.req.resume()): Promise<void> {
  const incoming = outgoing.req;
  if (incoming.complete || incoming.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(deadline);
      incoming.off('end', end).off('close', end);
      outgoing.off('close', end);
      resolve();
    };
    const deadline = setTimeout(end, LINGER_MS);
    incoming.once('end', end).once('close', end);
    outgoing.once('close', end);
    drop();
  });
}
