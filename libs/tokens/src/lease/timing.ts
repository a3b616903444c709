/** A holder says this often that it is there. */
export const ANNOUNCE_INTERVAL_MS = 1000;

/** So long after it sent the last announcement that came through, a holder believes its sessions without asking. */
export const HOLDER_TRUST_MS = 2000;

/**
 * So long after it heard a holder, userapi waits for that holder. Longer than the holder's own trust, by the time a message may be under way:
 * a holder that userapi no longer waits for has stopped believing what it holds.
 */
export const LEASE_MS = 3000;

/** A userapi that said nothing for so long is gone; until then its silence means that every token is asked about. */
export const REPLICA_MEMORY_MS = 10_000;

/** An invalidation is repeated this often to holders that have not answered. */
export const REPEAT_INTERVAL_MS = 250;
