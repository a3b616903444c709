declare const brand: unique symbol;

/** A string that a parser of this library has checked to be of the named kind. */
export type Branded<Kind extends string> = string & { readonly [brand]: Kind };
