import { HOLDER_TRUST_MS, REPLICA_MEMORY_MS } from './timing.ts';

/**
 * How far a holder may believe the sessions it holds.
 * - `held`: every userapi can reach it; what it holds is true.
 * - `asking`: some userapi is silent (or none is known). Each token is asked about; only when no userapi answers, what is held counts.
 * - `lost`: the message server is out of reach; nothing held counts.
 */
export type Trust = 'held' | 'asking' | 'lost';

/** What a holder knows of its lease, in monotonic milliseconds. Times are those when the announcement was sent, not when it came through. */
export class HolderTrust {
  #throughNats = Number.NEGATIVE_INFINITY;
  readonly #replicas = new Map<string, number>();

  reachedNats(announcedAt: number): void {
    this.#throughNats = Math.max(this.#throughNats, announcedAt);
  }

  answeredBy(replicaId: string, announcedAt: number): void {
    this.#replicas.set(replicaId, Math.max(this.#replicas.get(replicaId) ?? Number.NEGATIVE_INFINITY, announcedAt));
  }

  /** A userapi that ends says so: it ends no more sessions. */
  left(replicaId: string): void {
    this.#replicas.delete(replicaId);
  }

  disconnected(): void {
    this.#throughNats = Number.NEGATIVE_INFINITY;
  }

  at(now: number): Trust {
    if (now - this.#throughNats >= HOLDER_TRUST_MS) return 'lost';
    let known = 0;
    for (const [replicaId, answeredAt] of this.#replicas) {
      const silence = now - answeredAt;
      if (silence >= REPLICA_MEMORY_MS) this.#replicas.delete(replicaId);
      else if (silence >= HOLDER_TRUST_MS) return 'asking';
      else known++;
    }
    return known > 0 ? 'held' : 'asking';
  }
}
