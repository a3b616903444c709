import type { Logger } from '@plexus/observability';

/** An error that nobody handled leaves the process in a state nobody knows: it is logged and the process ends with exit code 1. */
export function exitOnUncaughtErrors(log: Logger): void {
  process.on('uncaughtException', (error, origin) => {
    log.error({ error, origin }, 'uncaught error, the process ends');
    process.exit(1);
  });
}
