/** The outcome of an operation that can be refused: its value, or one of a closed set of errors. */
export type Result<Value, Problem> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: Problem };
