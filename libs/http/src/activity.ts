import type { Requester } from './requester.ts';

/** Where a request came from, as far as statistics want to know. */
export interface SeenFrom {
  readonly receivedAt: number;
  readonly ip: string;
  readonly headers: { readonly 'user-agent'?: string | undefined };
}

/** Takes note of who uses the server, for statistics. Called for every request: must cost next to nothing. */
export interface ActivityRecorder {
  seen(requester: Requester, from: SeenFrom): void;
  answered(operation: string, status: number, milliseconds: number): void;
}
