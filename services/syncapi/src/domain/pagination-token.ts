import { numbersOf, parseSyncToken, type TokenProblem } from './sync-token.ts';
import { behindAll, type TimelinePlace } from './timeline-place.ts';

export type ParsedPaginationToken =
  | { readonly kind: 'place'; readonly place: TimelinePlace }
  | { readonly kind: 'refused'; readonly problem: TokenProblem };

/** The place behind all that stands at this position of the room log, and the history after it. */
export function formatPaginationToken(generation: number, position: number): string {
  return `t${generation}_${position}`;
}

/** Any place; the shorter form where it says the same. */
export function formatPlace(generation: number, { position, depth, entry }: TimelinePlace): string {
  const short = formatPaginationToken(generation, position);
  return entry === Number.MAX_SAFE_INTEGER ? short : `${short}_${depth}_${entry}`;
}

/**
 * Reads a pagination token, or a sync token as the place it names in the room log: the specification lets clients page from `next_batch`.
 * Pages of an earlier generation cannot be continued: what they pointed at may be gone.
 */
export function parsePaginationToken(token: string, generation: number): ParsedPaginationToken {
  if (token.startsWith('s')) {
    const sync = parseSyncToken(token, generation);
    if (sync.kind === 'position') return { kind: 'place', place: behindAll(sync.position.room) };
    return sync.kind === 'refused' ? sync : { kind: 'refused', problem: 'unknown' };
  }
  const numbers = numbersOf(token, 't');
  if (numbers?.length !== 2 && numbers?.length !== 4) return { kind: 'refused', problem: 'malformed' };
  const [tokenGeneration = 0, position = 0, depth, entry] = numbers;
  if (tokenGeneration !== generation) return { kind: 'refused', problem: 'unknown' };
  const place = depth === undefined || entry === undefined ? behindAll(position) : { position, depth, entry };
  return { kind: 'place', place };
}
