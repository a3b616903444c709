import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import type { Logger } from '@plexus/observability';

/** Subscribes to a subject; a message that cannot be read is logged and dropped. */
export function subscribe(
  nats: NatsConnection,
  subject: string,
  log: Logger,
  handle: (message: Msg) => void,
): Subscription {
  return nats.subscribe(subject, {
    callback: (error, message) => {
      if (error !== null) {
        log.debug({ subject, error }, 'session lease message lost');
        return;
      }
      // No responders: an empty message with a status.
      if (message.headers?.code === 503) return;
      try {
        handle(message);
      } catch (failure) {
        log.warn({ subject, error: failure }, 'session lease message not understood');
      }
    },
  });
}
