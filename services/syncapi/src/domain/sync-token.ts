/**
 * The logs that a sync token has a position in, one for each source of news. Tokens are stored by clients for years, so the list only grows:
 * a new log is appended with a letter of its own and says what a token without it means.
 */
export interface TokenLog {
  readonly name: string;
  /** Precedes the position in the token. The four logs of the first format have none: their order says which is which. */
  readonly letter: string;
  /** The position of a client whose token is older than the log. */
  readonly whenAbsent: number;
}

/**
 * Room, user and receipt positions are those of the logs, so any replica serves any token. Typing has no log: its number is the time at which
 * the replica that made the token heard of the last change; another replica may send a change twice.
 */
export const tokenLogs = [
  { name: 'room', letter: '', whenAbsent: 0 },
  { name: 'user', letter: '', whenAbsent: 0 },
  { name: 'receipt', letter: '', whenAbsent: 0 },
  { name: 'typing', letter: '', whenAbsent: 0 },
] as const satisfies readonly TokenLog[];

export type LogName = (typeof tokenLogs)[number]['name'];

/** A position in each log: a client with this token has everything up to here and nothing of what comes after. */
export type SyncPosition = Readonly<Record<LogName, number>>;

/** Why a token is refused: it was never one of ours (M_INVALID_PARAM), or this server has not reached its positions (M_UNKNOWN_POS). */
export type TokenProblem = 'malformed' | 'unknown';

export type ParsedSyncToken<Name extends string = LogName> =
  | { readonly kind: 'position'; readonly position: Readonly<Record<Name, number>> }
  /** From before a restore: its positions mean nothing now, so the client gets an initial sync. */
  | { readonly kind: 'olderGeneration' }
  | { readonly kind: 'refused'; readonly problem: TokenProblem };

/** Writes and reads the tokens of a list of logs: `s<generation>_<room>_<user>_<receipt>_<typing>`, then `_<letter><position>` for each later log. */
export function syncTokens<Name extends string>(logs: readonly (TokenLog & { readonly name: Name })[]) {
  const ordered = logs.filter(({ letter }) => letter === '');
  const lettered = new Map(logs.filter(({ letter }) => letter !== '').map((log) => [log.letter, log]));

  function format(generation: number, position: Readonly<Record<Name, number>>): string {
    let token = `s${generation}`;
    for (const { name } of ordered) token += `_${position[name]}`;
    for (const { name, letter, whenAbsent } of lettered.values()) {
      if (position[name] !== whenAbsent) token += `_${letter}${position[name]}`;
    }
    return token;
  }

  /**
   * Reads what `format` wrote and nothing else: no signs, spaces, leading zeros, nor numbers from 2^53 on. Positions of logs that this version
   * does not know are skipped: during a rolling upgrade a newer replica may have written them.
   */
  function parse(token: string, generation: number): ParsedSyncToken<Name> {
    const parts = token.length <= maxTokenLength && token.startsWith('s') ? token.slice(1).split('_') : [];
    const [tokenGeneration, ...numbers] = parts.slice(0, ordered.length + 1).map(naturalNumber);
    const later = positionsByLetter(parts.slice(ordered.length + 1));
    if (tokenGeneration === undefined || numbers.length !== ordered.length || later === undefined) return malformed;
    const position: Record<string, number> = {};
    for (const [index, { name }] of ordered.entries()) {
      const number = numbers[index];
      if (number === undefined) return malformed;
      position[name] = number;
    }
    if (tokenGeneration > generation) return { kind: 'refused', problem: 'unknown' };
    if (tokenGeneration < generation) return { kind: 'olderGeneration' };
    for (const { name, letter, whenAbsent } of lettered.values()) position[name] = later.get(letter) ?? whenAbsent;
    return { kind: 'position', position: position as Record<Name, number> };
  }

  return { format, parse };
}

const maxTokenLength = 300;
const malformed = { kind: 'refused', problem: 'malformed' } as const;

function positionsByLetter(parts: readonly string[]): Map<string, number> | undefined {
  const positions = new Map<string, number>();
  for (const part of parts) {
    const letter = part.charAt(0);
    const position = naturalNumber(part.slice(1));
    if (!/^[a-z]$/.test(letter) || position === undefined || positions.has(letter)) return undefined;
    positions.set(letter, position);
  }
  return positions;
}

function naturalNumber(text: string): number | undefined {
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** The tokens of this version. */
export const { format: formatSyncToken, parse: parseSyncToken } = syncTokens<LogName>(tokenLogs);

/** The numbers of `<prefix>1_2_3`, or undefined when it is anything else. */
export function numbersOf(token: string, prefix: string): number[] | undefined {
  if (token.length > maxTokenLength || !token.startsWith(prefix)) return undefined;
  const numbers = token.slice(prefix.length).split('_').map(naturalNumber);
  return numbers.every((number) => number !== undefined) ? numbers : undefined;
}

/** True when nothing of `position` lies beyond `reached`. Typing is no log that a replica could be behind of. */
export function isReached(position: SyncPosition, reached: SyncPosition): boolean {
  return position.room <= reached.room && position.user <= reached.user && position.receipt <= reached.receipt;
}
