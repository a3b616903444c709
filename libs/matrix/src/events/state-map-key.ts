/** One text for a key of room state; the length in front keeps two pairs from reading alike. */
export function stateMapKey(type: string, stateKey: string): string {
  return `${type.length}:${type}${stateKey}`;
}
