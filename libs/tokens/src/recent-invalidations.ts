import type { SessionInvalidation } from '@plexus/contracts/streams/session-lease';

/**
 * The invalidations that came in while questions to userapi were under way: an answer to a question of before may be of before too, and
 * must not be held.
 */
export class RecentInvalidations {
  #underWay = 0;
  #recent: SessionInvalidation[] = [];

  begin(): number {
    this.#underWay++;
    return this.#recent.length;
  }

  /** The invalidations since `begin` gave this mark. */
  since(mark: number): readonly SessionInvalidation[] {
    return this.#recent.slice(mark);
  }

  end(): void {
    this.#underWay--;
    if (this.#underWay === 0) this.#recent = [];
  }

  add(ended: SessionInvalidation): void {
    if (this.#underWay > 0) this.#recent.push(ended);
  }
}
