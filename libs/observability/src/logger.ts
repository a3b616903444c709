import { type DestinationStream, destination, pino, stdSerializers, stdTimeFunctions } from 'pino';
import { redactLine } from './redact.ts';
import { logContext } from './tracing.ts';
import type { Logger } from './types.ts';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface AdjustableLogger {
  readonly log: Logger;
  /** Holds for all its children too, at once. */
  setLevel(level: LogLevel): void;
}

/**
 * A logger that writes one JSON object a line: `level`, `time` (ISO 8601), `service`, `requestId`, `traceId`, `spanId`, the fields and
 * `message`. An error goes under `error` and is an object there, with its class, code, text and stack; what is thrown and is no Error becomes
 * one too. Fields that look like secrets are taken out.
 */
export function createLogger(options: {
  service: string;
  level: LogLevel;
  destination?: DestinationStream;
}): AdjustableLogger {
  const numbers = pino.levels.values;
  let lowest = numbers[options.level] ?? 0;
  const log = pino(
    {
      // Children keep the level they were made with: what is written is decided below, for all of them at once.
      level: 'debug',
      base: { service: options.service },
      messageKey: 'message',
      errorKey: 'error',
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: errorObject },
      mixin: logContext,
      hooks: {
        streamWrite: redactLine,
        logMethod(parts, write, level) {
          if (level >= lowest) write.apply(this, parts);
        },
      },
    },
    options.destination ?? standardOutput(),
  );
  return {
    log,
    setLevel: (level) => {
      lowest = numbers[level] ?? 0;
    },
  };
}

function errorObject(error: unknown): object {
  if (error instanceof Error) return stdSerializers.errWithCause(error);
  return { type: typeof error, message: typeof error === 'string' ? error : JSON.stringify(error) };
}

/** Lines that wait for room on the disk of a log. */
const MAX_WAITING_BYTES = 1024 * 1024;

/** A log that cannot be written, on a disk that is full, ends nothing: the newest lines are left out, and the others written when there is room. */
function standardOutput(): DestinationStream {
  const output = destination({ fd: 1, sync: true, maxLength: MAX_WAITING_BYTES });
  output.on('error', () => undefined);
  return output;
}
