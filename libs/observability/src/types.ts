import type { Registry } from 'prom-client';

/**
 * Structured JSON log lines with the trace id of the current span. Never give it tokens or bodies; ids of users are in access and audit lines
 * alone.
 */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** A logger whose lines carry these fields too, for example `{ service: 'syncapi' }`. */
  child(fields: object): Logger;
}

/** Milliseconds since the epoch, and a monotonic millisecond counter. Tests move it by hand. */
export interface Clock {
  now(): number;
  monotonic(): number;
}

/** Bytes of a cryptographically secure source; tests give a seeded one. */
export interface Random {
  bytes(length: number): Buffer;
}

/** What every part of a process sees of the outside that watches it. */
export interface Observability {
  readonly log: Logger;
  /** Metrics of this process, exposed on the metrics port. */
  readonly metrics: Registry;
}
