/** Client-server API, "Presence". */
export const presences = ['online', 'unavailable', 'offline'] as const;
export type Presence = (typeof presences)[number];

/** What a user said of themselves. */
export interface StoredPresence {
  readonly presence: Presence;
  readonly statusMessage: string | undefined;
  /** Milliseconds since the epoch. */
  readonly saidAt: number;
}

/** A client that is there says so again within minutes; one that said nothing for so long has gone without a word. */
const HOLDS_FOR_MS = 30 * 60_000;

/** The body of GET /presence/{userId}/status. Somebody who never said anything is offline. */
export function presenceReply(stored: StoredPresence | undefined, now: number): object {
  if (stored === undefined) return { presence: 'offline' };
  const age = Math.max(0, now - stored.saidAt);
  const presence = age > HOLDS_FOR_MS ? 'offline' : stored.presence;
  return {
    presence,
    last_active_ago: age,
    ...(presence === 'online' && { currently_active: true }),
    ...(stored.statusMessage !== undefined && { status_msg: stored.statusMessage }),
  };
}

export function isPresence(text: unknown): text is Presence {
  return presences.some((presence) => presence === text);
}
