/** What an expression contains that has no translation. */
export interface ExpressionProblem {
  /** Index of the first character of `found`, from 0. */
  readonly position: number;
  /** The characters that cannot be accepted. */
  readonly found: string;
  readonly reason: string;
}

export type Translation = { readonly re2: string } | { readonly problem: ExpressionProblem };

/** RE2 unrolls repetitions, and allows no more. */
const MAX_REPETITIONS = 1000;

/**
 * Translates a regular expression as generators of registrations write it (Python's `re`, Go's `regexp`, ECMAScript, Rust) to the syntax of
 * RE2. What needs backtracking (lookaround, backreferences, possessive quantifiers) has no translation, since identifiers come from
 * outside and must be matched in linear time. Only whether an expression matches is preserved: groups do not capture.
 */
export function translateExpression(expression: string): Translation {
  try {
    return { re2: new Translator(expression).translate() };
  } catch (error) {
    if (error instanceof UntranslatableError) return { problem: error.problem };
    throw error;
  }
}

class UntranslatableError extends Error {
  readonly problem: ExpressionProblem;

  constructor(problem: ExpressionProblem) {
    super(problem.reason);
    this.problem = problem;
  }
}

/** Escapes that mean the same in RE2, everywhere or outside of a character class only. */
const sameEverywhere = new Set('dDwWsSfnrtva');
const sameOutsideClass = new Set('bBAz');

/** What may follow an opening parenthesis, with the reason why it is refused. */
const refusedGroups: readonly (readonly [string, string])[] = [
  ['(?=', 'lookahead is not supported'],
  ['(?!', 'lookahead is not supported'],
  ['(?<=', 'lookbehind is not supported'],
  ['(?<!', 'lookbehind is not supported'],
  ['(?>', 'atomic groups are not supported'],
  ['(?P=', 'backreferences are not supported'],
  ['(?(', 'conditional groups are not supported'],
];

class Translator {
  readonly #expression: string;
  #at = 0;
  #output = '';
  /** Positions of the groups that are open. */
  readonly #open: number[] = [];
  /** Whether the last item can be repeated: there is one, and it has no quantifier yet. */
  #last: 'none' | 'item' | 'repeated' = 'none';

  constructor(expression: string) {
    this.#expression = expression;
  }

  translate(): string {
    while (this.#at < this.#expression.length) this.#next();
    const unclosed = this.#open.at(-1);
    if (unclosed !== undefined) this.#refuse(unclosed, '(', 'the group is not closed');
    return this.#output;
  }

  #next(): void {
    const character = this.#character();
    if (character === '\\') this.#item(this.#escape('outside'));
    else if (character === '[') this.#item(this.#characterClass());
    else if (character === '(') this.#openGroup();
    else if (character === ')') this.#closeGroup();
    else if (character === '|') this.#alternative();
    else if (character === '{') this.#braces();
    else if (/^[*+?]$/.test(character)) this.#quantifier(character, character);
    else this.#item(this.#take(character.length));
  }

  #alternative(): void {
    this.#output += this.#take(1);
    this.#last = 'none';
  }

  #item(translated: string): void {
    this.#output += translated;
    this.#last = 'item';
  }

  #openGroup(): void {
    const start = this.#at;
    for (const [opening, reason] of refusedGroups)
      if (this.#rest().startsWith(opening)) this.#refuse(start, opening, reason);
    const comment = /^\(\?#[^)]*\)/.exec(this.#rest());
    if (comment !== null) {
      this.#at += comment[0].length;
      return;
    }
    const [captures] = /^\((?:\?P?<\w+>|(?!\?))/.exec(this.#rest()) ?? [];
    if (captures === undefined) {
      this.#flags();
      return;
    }
    this.#at += captures.length;
    this.#enter(start, '(?:');
  }

  /** `(?:`, `(?i)`, `(?i-s:`. Flags that change nothing here are dropped: Unicode and ASCII modes, greediness. */
  #flags(): void {
    const start = this.#at;
    const [whole, on = '', off = '', end] = /^\(\?([a-zA-Z]*)(?:-([a-zA-Z]+))?([:)])/.exec(this.#rest()) ?? [];
    if (whole === undefined) this.#refuse(start, this.#rest().slice(0, 3), 'this kind of group is not known');
    for (const flag of on + off)
      if (!'imsuaU'.includes(flag)) this.#refuse(start + whole.indexOf(flag, 2), flag, 'this flag is not supported');
    this.#at += whole.length;
    const kept = (flags: string) => flags.replace(/[uaU]/g, '');
    const flags = kept(on) + (kept(off) === '' ? '' : `-${kept(off)}`);
    if (end === ':') this.#enter(start, `(?${flags}:`);
    else if (flags !== '') this.#output += `(?${flags})`;
  }

  #enter(start: number, translated: string): void {
    this.#open.push(start);
    this.#output += translated;
    this.#last = 'none';
  }

  #closeGroup(): void {
    if (this.#open.pop() === undefined) this.#refuse(this.#at, ')', 'there is no group to close');
    this.#item(this.#take(1));
  }

  #braces(): void {
    const [whole, least = '', most] = /^\{(\d*)(?:,(\d*))?\}/.exec(this.#rest()) ?? [];
    // A brace that begins no quantifier stands for itself.
    if (whole === undefined || (least === '' && (most ?? '') === '')) {
      this.#at++;
      this.#item('\\{');
      return;
    }
    if (Math.max(Number(least), Number(most ?? 0)) > MAX_REPETITIONS)
      this.#refuse(this.#at, whole, `more than ${MAX_REPETITIONS} repetitions are not supported`);
    this.#quantifier(whole, `{${least === '' ? '0' : least}${most === undefined ? '' : `,${most}`}}`);
  }

  #quantifier(written: string, translated: string): void {
    if (this.#last === 'none') this.#refuse(this.#at, written, 'there is nothing to repeat');
    if (this.#last === 'repeated') this.#refuse(this.#at, written, 'what is repeated already cannot be repeated again');
    this.#at += written.length;
    this.#output += translated;
    this.#last = 'repeated';
    if (this.#expression[this.#at] === '+') this.#refuse(this.#at, '+', 'possessive quantifiers are not supported');
    if (this.#expression[this.#at] === '?') this.#at++;
  }

  #characterClass(): string {
    const start = this.#at;
    let translated = this.#take(this.#expression[start + 1] === '^' ? 2 : 1);
    // A closing bracket at the beginning stands for itself.
    if (this.#expression[this.#at] === ']') {
      this.#at++;
      translated += '\\]';
    }
    for (;;) {
      const character = this.#character();
      if (character === '') this.#refuse(start, '[', 'the character class is not closed');
      if (character === ']') return translated + this.#take(1);
      if (character === '\\') translated += this.#escape('class');
      else if (character === '[') translated += this.#bracketInClass();
      else translated += this.#take(character.length);
    }
  }

  /** `[:alpha:]`, or a bracket that stands for itself. */
  #bracketInClass(): string {
    const posix = /^\[:\^?[a-z]+:\]/.exec(this.#rest());
    if (posix !== null) return this.#take(posix[0].length);
    this.#at++;
    return '\\[';
  }

  #escape(where: 'outside' | 'class'): string {
    const start = this.#at++;
    const letter = this.#character();
    if (letter === '') this.#refuse(start, '\\', 'nothing follows the backslash');
    const refuse = (reason: string): never => this.#refuse(start, `\\${letter}`, reason);
    const codePoint = this.#codePoint();
    if (codePoint !== undefined) return codePoint;
    this.#at += letter.length;
    if (sameEverywhere.has(letter) || (where === 'outside' && sameOutsideClass.has(letter))) return `\\${letter}`;
    if (letter === 'Z' && where === 'outside') return '\\z';
    if (letter === 'b') return '\\x08';
    if (letter === 'p' || letter === 'P') return this.#unicodeProperty(start, letter);
    if (letter === 'Q' && where === 'outside') return this.#quoted();
    if (/[1-9]/.test(letter)) return refuse('backreferences are not supported');
    if (/[a-zA-Z0]/.test(letter)) return refuse('this escape is not known');
    return quote(letter);
  }

  /** `\x41`, `\x{1F600}`, `\u0041`, `\u{1F600}`, `\U0001F600`, of which the backslash is taken already. */
  #codePoint(): string | undefined {
    const [whole, ...forms] =
      /^(?:x([\da-fA-F]{2})|[xu]\{([\da-fA-F]{1,6})\}|u([\da-fA-F]{4})|U([\da-fA-F]{8}))/.exec(this.#rest()) ?? [];
    if (whole === undefined) return undefined;
    const hex = forms.find((form) => form !== undefined) ?? '';
    if (Number.parseInt(hex, 16) > 0x10_ff_ff) this.#refuse(this.#at - 1, `\\${whole}`, 'there is no such character');
    this.#at += whole.length;
    return `\\x{${hex}}`;
  }

  #unicodeProperty(start: number, letter: string): string {
    const [name] = /^(?:\{\^?\w+\}|[A-Z])/.exec(this.#rest()) ?? [];
    if (name === undefined) this.#refuse(start, `\\${letter}`, 'the name of a Unicode property is missing');
    this.#at += name.length;
    return `\\${letter}${name}`;
  }

  /** `\Q…\E`: everything in it stands for itself. */
  #quoted(): string {
    const end = this.#expression.indexOf('\\E', this.#at);
    const text = this.#expression.slice(this.#at, end === -1 ? undefined : end);
    this.#at += text.length + (end === -1 ? 0 : 2);
    return `(?:${Array.from(text, quote).join('')})`;
  }

  /** The code point at hand; empty at the end. */
  #character(): string {
    const codePoint = this.#expression.codePointAt(this.#at);
    return codePoint === undefined ? '' : String.fromCodePoint(codePoint);
  }

  #rest(): string {
    return this.#expression.slice(this.#at);
  }

  #take(length: number): string {
    const taken = this.#expression.slice(this.#at, this.#at + length);
    this.#at += length;
    return taken;
  }

  #refuse(position: number, found: string, reason: string): never {
    throw new UntranslatableError({ position, found, reason });
  }
}

/** A character that stands for itself. */
function quote(character: string): string {
  return /^[\w\s\P{ASCII}]$/u.test(character) ? character : `\\${character}`;
}
