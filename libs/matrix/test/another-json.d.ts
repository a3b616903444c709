declare module 'another-json' {
  /** Matrix's own canonical JSON of 2015: keys by UTF-16 unit, control characters in a form of its own. */
  export function stringify(value: unknown): string;
}
