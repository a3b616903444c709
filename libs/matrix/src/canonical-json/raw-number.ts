declare global {
  interface JSON {
    rawJSON(text: string): object;
  }
}

/**
 * A number kept as it was written: room versions 1 to 5 accept floats and integers of any size, and hashes are taken over
 * the source text. Serialises, by canonicalJson and JSON.stringify alike, as that text.
 */
export class RawNumber {
  readonly lexeme: string;

  constructor(lexeme: string) {
    this.lexeme = lexeme;
  }

  /** The nearest JavaScript number; may be infinite. */
  toNumber(): number {
    return Number(this.lexeme);
  }

  toJSON(): object {
    return JSON.rawJSON(this.lexeme);
  }
}
