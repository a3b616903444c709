import { LEASE_MS } from './timing.ts';

/** The holders one userapi has heard, until when it must wait for each, and how to reach them. Monotonic milliseconds. */
export class HolderRegistry<Contact> {
  readonly #holders = new Map<string, { readonly heardAt: number; readonly contact: Contact }>();
  #listeningSince = Number.POSITIVE_INFINITY;

  /** From now on every announcement is heard; those before may have been missed. */
  listening(now: number): void {
    this.#listeningSince = now;
  }

  heard(holderId: string, now: number, contact: Contact): void {
    this.#forgetSilent(now);
    this.#holders.set(holderId, { heardAt: now, contact });
  }

  left(holderId: string): void {
    this.#holders.delete(holderId);
  }

  contacts(): Contact[] {
    return [...this.#holders.values()].map(({ contact }) => contact);
  }

  /**
   * Until when an invalidation sent at `sentAt` must be waited for: when the last lease of those that have not answered runs out. A
   * userapi that has not listened for a whole lease may have holders it never heard, and waits that lease out. One that does not listen at
   * all counts from when it sent.
   */
  waitUntil(sentAt: number, answered: ReadonlySet<string>): number {
    let until = this.#unheardUntil(sentAt);
    for (const [holderId, { heardAt }] of this.#holders)
      if (!answered.has(holderId)) until = Math.max(until, heardAt + LEASE_MS);
    return until;
  }

  #forgetSilent(now: number): void {
    for (const [holderId, { heardAt }] of this.#holders) if (heardAt + LEASE_MS <= now) this.#holders.delete(holderId);
  }

  #unheardUntil(sentAt: number): number {
    const since = Number.isFinite(this.#listeningSince) ? this.#listeningSince : sentAt;
    return since + LEASE_MS;
  }
}
