/** A pattern of `*` (any text) and `?` (one character), ready to be matched. Appendices, "Glob-style matching". */
export type Glob = {
  /** Whether the pattern is the whole text. */
  readonly matches: (text: string) => boolean;
  /** Whether the pattern is a part of the text that begins and ends at the boundary of a word. */
  readonly matchesWord: (text: string) => boolean;
};

export type GlobOptions = { readonly ignoreCase: boolean };

/**
 * Without a regular expression, so that no pattern makes matching backtrack: the pieces between the `*` are looked for one
 * after the other, and the first place where one fits is always as good as any later one.
 */
export function compileGlob(pattern: string, { ignoreCase }: GlobOptions): Glob {
  const pieces = (ignoreCase ? pattern.toLowerCase() : pattern).split('*').map(pieceOf);
  const normal = ignoreCase ? (text: string) => text.toLowerCase() : (text: string) => text;
  return {
    matches: (text) => matchesWhole(pieces, normal(text)),
    matchesWord: (text) => matchesBetweenBoundaries(pieces, normal(text)),
  };
}

/** Text without `*`: plain, or characters of which some may be anything. */
type Piece = { readonly text: string; readonly hasAny: boolean };

function pieceOf(text: string): Piece {
  return { text, hasAny: text.includes('?') };
}

function matchesWhole(pieces: Piece[], text: string): boolean {
  const [first, ...rest] = pieces;
  if (first === undefined) return text === '';
  const afterFirst = endAt(first, text, 0);
  const last = rest.pop();
  if (afterFirst < 0 || last === undefined) return afterFirst === text.length;
  const afterMiddle = endOfAll(rest, text, afterFirst);
  return afterMiddle >= 0 && fitsAtEnd(last, text, afterMiddle);
}

/** Whether the piece can be the very end of the text, at or after `from`. */
function fitsAtEnd(piece: Piece, text: string, from: number): boolean {
  if (!piece.hasAny) return text.length - piece.text.length >= from && text.endsWith(piece.text);
  const longest = text.length - 2 * piece.text.length;
  for (let start = Math.max(from, longest); start <= text.length; start++) {
    if (!splitsPair(text, start) && endAt(piece, text, start) === text.length) return true;
  }
  return false;
}

function matchesBetweenBoundaries(pieces: Piece[], text: string): boolean {
  const [first, ...rest] = pieces;
  if (first === undefined) return false;
  const last = rest.pop();
  for (let start = 0; start <= text.length; start++) {
    if (!first.hasAny) start = text.indexOf(first.text, start);
    if (start < 0) return false;
    if (!isBoundary(text, start) || splitsPair(text, start)) continue;
    const end = endAt(first, text, start);
    if (end < 0) continue;
    if (last !== undefined) return endsAtBoundary(last, text, endOfAll(rest, text, end));
    if (isBoundary(text, end)) return true;
  }
  return false;
}

function endsAtBoundary(piece: Piece, text: string, from: number): boolean {
  if (from < 0) return false;
  for (let start = from; start <= text.length; start++) {
    const end = endAt(piece, text, start);
    if (end >= 0 && isBoundary(text, end)) return true;
  }
  return false;
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

function endOfNext(piece: Piece, text: string, from: number): number {
  if (!piece.hasAny) {
    const at = text.indexOf(piece.text, from);
    return at < 0 ? -1 : at + piece.text.length;
  }
  for (let start = from; start <= text.length; start++) {
    const end = splitsPair(text, start) ? -1 : endAt(piece, text, start);
    if (end >= 0) return end;
  }
  return -1;
}

/** Where the piece ends when it starts at `start`, or -1 when it does not fit there. */
function endAt(piece: Piece, text: string, start: number): number {
  if (!piece.hasAny) return text.startsWith(piece.text, start) ? start + piece.text.length : -1;
  let position = start;
  for (let i = 0; i < piece.text.length; i++) {
    if (position >= text.length) return -1;
    const wanted = piece.text.charCodeAt(i);
    if (wanted !== 0x3f && wanted !== text.charCodeAt(position)) return -1;
    position += wanted === 0x3f && isPair(text, position) ? 2 : 1;
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

function isPair(text: string, position: number): boolean {
  return (text.codePointAt(position) ?? 0) > 0xffff;
}

function splitsPair(text: string, position: number): boolean {
  return position > 0 && isPair(text, position - 1);
}
