import { compileGlob } from '../glob/glob.ts';
import type { TypePatterns } from './filter.ts';

/** Patterns with a `*` in one list. Each costs time with every event type, and no client has use for more than a few. */
export const MAX_WILDCARD_PATTERNS = 50;

/** The `*` in all patterns of a list together: the text between two of them is searched for with every event type. */
export const MAX_WILDCARDS = 100;

/** Length of all patterns of a list with a `*` together, in UTF-16 units: 0.2 ms for an event type that fits none of them. */
export const MAX_WILDCARD_TEXT = 2048;

/** Event types whose verdicts are remembered for each list: a room has a few dozen. */
const MAX_VERDICTS = 256;

/** Whether the patterns are few and short enough to be asked about every event. */
export function isAcceptablePatterns(patterns: readonly string[]): boolean {
  const wildcards = patterns.filter((pattern) => pattern.includes('*'));
  const text = wildcards.join('');
  return (
    wildcards.length <= MAX_WILDCARD_PATTERNS &&
    text.length <= MAX_WILDCARD_TEXT &&
    text.split('*').length - 1 <= MAX_WILDCARDS
  );
}

/** Compiles event types of which some hold `*`. The verdict on a type is found once and remembered. */
export function compileTypePatterns(patterns: readonly string[]): TypePatterns {
  const exact = new Set(patterns.filter((pattern) => !pattern.includes('*')));
  const globs = [...new Set(patterns.filter((pattern) => pattern.includes('*')))].map(starGlob);
  const verdicts = new Map<string, boolean>();
  if (globs.length === 0) return { matches: (type) => exact.has(type) };
  return {
    matches: (type) => {
      const known = verdicts.get(type);
      if (known !== undefined) return known;
      const verdict = exact.has(type) || globs.some((matches) => matches(type));
      // Whoever sends ever new types must not fill the memory; what is dropped is found again.
      if (verdicts.size >= MAX_VERDICTS) verdicts.clear();
      verdicts.set(type, verdict);
      return verdict;
    },
  };
}

/** Here `?` is a character like any other. */
function starGlob(pattern: string): (type: string) => boolean {
  if (pattern.indexOf('*') === pattern.length - 1) {
    const prefix = pattern.slice(0, -1);
    return (type) => type.startsWith(prefix);
  }
  const literal = (text: string) => text.replaceAll('?', '\0');
  const glob = compileGlob(literal(pattern), { ignoreCase: false });
  return (type) => glob.matches(literal(type));
}
