/**
 * A text with U+0000 was to be stored or looked for. It came from a request, so the request is at fault: its code is that of gRPC, and the HTTP
 * layer answers 400. It has no text of its own: what a client sends is not for the log.
 */
export class UnstorableTextError extends Error {
  override readonly name = 'UnstorableTextError';
  readonly code = 'INVALID_ARGUMENT';

  constructor() {
    super('a text contains U+0000');
  }
}
