/** Older servers can lose whole streams when they are killed (nats-server issue 6888). */
export const oldestNats = '2.10.23';

/** Compares by major, minor and patch; what follows them (a pre-release) does not count. */
export function isAcceptedNats(version: string): boolean {
  const [wanted, given] = [oldestNats, version].map((text) => text.split(/[.-]/, 3).map(Number));
  for (const [index, part] of (wanted ?? []).entries()) {
    const other = given?.[index] ?? 0;
    if (other !== part) return other > part;
  }
  return true;
}
