import { numbersOf, parseSyncToken, type TokenProblem } from './sync-token.ts';

export type ParsedPaginationToken =
  | { readonly kind: 'position'; readonly position: number }
  | { readonly kind: 'refused'; readonly problem: TokenProblem };

/** A place between two events of a room: after the event at `position`, before the next. */
export function formatPaginationToken(generation: number, position: number): string {
  return `t${generation}_${position}`;
}

/**
 * Reads a pagination token, or a sync token as the place it names in the room log: the specification lets clients page from `next_batch`.
 * Pages of an earlier generation cannot be continued: what they pointed at may be gone.
 */
export function parsePaginationToken(token: string, generation: number): ParsedPaginationToken {
  if (token.startsWith('s')) {
    const sync = parseSyncToken(token, generation);
    if (sync.kind === 'position') return { kind: 'position', position: sync.position.room };
    return sync.kind === 'refused' ? sync : { kind: 'refused', problem: 'unknown' };
  }
  const numbers = numbersOf(token, 't');
  if (numbers?.length !== 2) return { kind: 'refused', problem: 'malformed' };
  const [tokenGeneration = 0, position = 0] = numbers;
  return tokenGeneration === generation ? { kind: 'position', position } : { kind: 'refused', problem: 'unknown' };
}
