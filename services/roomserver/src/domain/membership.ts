/** Memberships as `roomserver.memberships` numbers them. */
const numbers: ReadonlyMap<string, number> = new Map([
  ['join', 1],
  ['invite', 2],
  ['leave', 3],
  ['ban', 4],
  ['knock', 5],
]);
const names: ReadonlyMap<number, string> = new Map([...numbers].map(([name, number]) => [number, name]));

/** Undefined for a text that is no membership. */
export function membershipNumber(membership: string): number | undefined {
  return numbers.get(membership);
}

export function membershipName(number: number): string {
  const name = names.get(number);
  if (name === undefined) throw new RangeError(`${number} is not a stored membership`);
  return name;
}

/** The numbers of those that are memberships; undefined when none is asked for, which means all of them. */
export function membershipFilter(memberships: readonly string[]): number[] | undefined {
  if (memberships.length === 0) return undefined;
  return memberships.map(membershipNumber).filter((number) => number !== undefined);
}
