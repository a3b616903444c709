/**
 * Whether an error says of itself that the same work may succeed later (`retryable`): a store or a service that is away, too much work at
 * once. Everything else is permanent: a defect, or data that no repetition cures. Requests that fail temporarily are answered with 503,
 * calls between services with UNAVAILABLE, and consumers of logs try the entry again.
 */
export function isTemporary(error: unknown): error is Error {
  return error instanceof Error && 'retryable' in error && error.retryable === true;
}
