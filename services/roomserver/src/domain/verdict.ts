/** What stands against an event. One against which nothing stands has no verdict. */
export type Verdict = 'rejected_by_auth_events' | 'rejected_by_state' | 'soft_failed';

/** Verdicts as `roomserver.event_verdicts` numbers them. */
const numbers: Readonly<Record<Verdict, number>> = {
  rejected_by_auth_events: 1,
  rejected_by_state: 2,
  soft_failed: 3,
};
const names: ReadonlyMap<number, Verdict> = new Map([
  [1, 'rejected_by_auth_events'],
  [2, 'rejected_by_state'],
  [3, 'soft_failed'],
]);

export function verdictNumber(verdict: Verdict): number {
  return numbers[verdict];
}

export function verdictOf(number: number | null): Verdict | undefined {
  if (number === null) return undefined;
  const verdict = names.get(number);
  if (verdict === undefined) throw new RangeError(`${number} is not a stored verdict`);
  return verdict;
}

/** Whether the event changes no state and authorises nothing. A soft-failed one does both for those who build on it. */
export function isRejected(verdict: Verdict | undefined): boolean {
  return verdict === 'rejected_by_auth_events' || verdict === 'rejected_by_state';
}
