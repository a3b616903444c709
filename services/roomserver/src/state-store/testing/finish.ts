/** What a generator comes to when nobody else wants to go on. */
export function finish<Result>(slices: Generator<void, Result>): Result {
  for (;;) {
    const slice = slices.next();
    if (slice.done === true) return slice.value;
  }
}
