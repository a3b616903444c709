import { endAt, endOfNext, type Piece, pieceOf, splitsPair } from './piece.ts';

/** A pattern of `*` (any text) and `?` (one character), ready to be matched. Appendices, "Glob-style matching". */
export type Glob = {
  /** Whether the pattern is the whole text. */
  readonly matches: (text: string) => boolean;
  /** Whether the pattern is a part of the text that begins and ends at the boundary of a word. */
  readonly matchesWord: (text: string) => boolean;
};

export type GlobOptions = { readonly ignoreCase: boolean };

/**
 * The longest pattern, runs of `*` counted once; longer ones match nothing. No server name is as long as a quarter of it, and
 * it bounds the work for a message of 65,536 bytes to some 5 ms, whatever the pattern.
 */
export const MAX_GLOB_LENGTH = 2048;

const nothing: Glob = { matches: () => false, matchesWord: () => false };

/**
 * Without a regular expression, so that no pattern makes matching backtrack: the pieces between the `*` are looked for one
 * after the other, and the first place where one fits is always as good as any later one.
 */
export function compileGlob(pattern: string, { ignoreCase }: GlobOptions): Glob {
  const collapsed = pattern.replace(/\*{2,}/g, '*');
  if (collapsed.length > MAX_GLOB_LENGTH) return nothing;
  const pieces = (ignoreCase ? collapsed.toLowerCase() : collapsed).split('*').map((text) => pieceOf(text));
  const shortest = pieces.reduce((sum, piece) => sum + piece.text.length, 0);
  const normal = ignoreCase ? (text: string) => text.toLowerCase() : (text: string) => text;
  return {
    matches: (text) => matchesWhole(pieces, shortest, normal(text)),
    matchesWord: (text) => matchesBetweenBoundaries(pieces, normal(text)),
  };
}

/** Whether the words are in the text as they are, between the boundaries of words; their case is ignored. */
export function containsWords(text: string, words: string): boolean {
  if (words.length > MAX_GLOB_LENGTH) return false;
  return matchesBetweenBoundaries([pieceOf(words.toLowerCase(), 'plain')], text.toLowerCase());
}

function matchesWhole(pieces: Piece[], shortest: number, text: string): boolean {
  const [first, ...rest] = pieces;
  if (first === undefined) return text === '';
  if (text.length < shortest) return false;
  const afterFirst = endAt(first, text, 0);
  const last = rest.pop();
  if (afterFirst < 0 || last === undefined) return afterFirst === text.length;
  const afterMiddle = endOfAll(rest, text, afterFirst);
  return afterMiddle >= 0 && fitsAtEnd(last, text, afterMiddle);
}

/** Whether the piece can be the very end of the text, at or after `from`. */
function fitsAtEnd(piece: Piece, text: string, from: number): boolean {
  if (!piece.hasAny) return text.length - piece.text.length >= from && text.endsWith(piece.text);
  let start = text.length;
  for (let i = 0; i < piece.length; i++) start -= splitsPair(text, start - 1) ? 2 : 1;
  return start >= from && endAt(piece, text, start) === text.length;
}

function matchesBetweenBoundaries(pieces: Piece[], text: string): boolean {
  const [first, ...rest] = pieces;
  if (first === undefined) return false;
  const last = rest.pop();
  if (last === undefined)
    return endOfNext(first, text, 0, (start, end) => isBoundary(text, start) && isBoundary(text, end)) >= 0;
  const afterFirst = endOfNext(first, text, 0, (start) => isBoundary(text, start));
  const afterMiddle = afterFirst < 0 ? -1 : endOfAll(rest, text, afterFirst);
  return afterMiddle >= 0 && endOfNext(last, text, afterMiddle, (_, end) => isBoundary(text, end)) >= 0;
}

/** The end of the pieces, each looked for after the one before, or -1. */
function endOfAll(pieces: Piece[], text: string, from: number): number {
  let position = from;
  for (const piece of pieces) {
    position = endOfNext(piece, text, position);
    if (position < 0) return -1;
  }
  return position;
}

/** Whether a word may begin or end here: at the ends, and beside anything that is no letter, digit or underscore of ASCII. */
function isBoundary(text: string, position: number): boolean {
  if (position === 0 || position === text.length) return true;
  return !isWordCharacter(text.charCodeAt(position - 1)) || !isWordCharacter(text.charCodeAt(position));
}

function isWordCharacter(c: number): boolean {
  return (c >= 0x61 && c <= 0x7a) || (c >= 0x41 && c <= 0x5a) || (c >= 0x30 && c <= 0x39) || c === 0x5f;
}
