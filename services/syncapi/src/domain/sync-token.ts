/**
 * A place in everything that /sync tells: what has been told up to here, and nothing of what comes after.
 *
 * Room, user and receipt positions are those of the logs, so any replica serves any token. Typing has no log: its number is the time at which
 * the replica that made the token heard of the last change; another replica may tell a change twice.
 */
export interface SyncPosition {
  readonly room: number;
  readonly user: number;
  readonly receipt: number;
  readonly typing: number;
}

/** Why a token is refused: it was never one of ours (M_INVALID_PARAM), or it names a place that this server has not reached (M_UNKNOWN_POS). */
export type TokenProblem = 'malformed' | 'unknown';

export type ParsedSyncToken =
  | { readonly kind: 'position'; readonly position: SyncPosition }
  /** From before a restore: its positions mean nothing now, so the client is told everything anew. */
  | { readonly kind: 'olderGeneration' }
  | { readonly kind: 'refused'; readonly problem: TokenProblem };

export function formatSyncToken(generation: number, position: SyncPosition): string {
  return `s${generation}_${position.room}_${position.user}_${position.receipt}_${position.typing}`;
}

/** Reads what formatSyncToken wrote and nothing else: no signs, spaces, leading zeros, nor numbers from 2^53 on. */
export function parseSyncToken(token: string, generation: number): ParsedSyncToken {
  const numbers = numbersOf(token, 's');
  if (numbers?.length !== 5) return { kind: 'refused', problem: 'malformed' };
  const [tokenGeneration = 0, room = 0, user = 0, receipt = 0, typing = 0] = numbers;
  if (tokenGeneration > generation) return { kind: 'refused', problem: 'unknown' };
  if (tokenGeneration < generation) return { kind: 'olderGeneration' };
  return { kind: 'position', position: { room, user, receipt, typing } };
}

/** The numbers of `<prefix>1_2_3`, or undefined when it is anything else. */
export function numbersOf(token: string, prefix: string): number[] | undefined {
  if (token.length > 100 || !token.startsWith(prefix)) return undefined;
  const numbers: number[] = [];
  for (const part of token.slice(prefix.length).split('_')) {
    if (!/^(?:0|[1-9][0-9]{0,15})$/.test(part)) return undefined;
    const value = Number(part);
    if (!Number.isSafeInteger(value)) return undefined;
    numbers.push(value);
  }
  return numbers;
}

/** True when nothing of `position` lies beyond `reached`. */
export function isReached(position: SyncPosition, reached: SyncPosition): boolean {
  return position.room <= reached.room && position.user <= reached.user && position.receipt <= reached.receipt;
}
