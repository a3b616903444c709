import type { Subscription } from '@nats-io/transport-node';
import type { BroadcastStream, StreamConnection } from './types.ts';

/** Sends to whoever listens now; while NATS is away it is forgotten. Never throws, never waits. @returns whether it was sent. */
export function publishBroadcast<Message>(
  connection: StreamConnection,
  stream: BroadcastStream<Message>,
  message: Message,
): boolean {
  // Not left to the client's buffer: what is delivered after a reconnect would be old.
  if (connection.nats === undefined || !connection.isConnected()) return false;
  connection.nats.publish(connection.prefix + stream.subject, stream.encode(message));
  return true;
}

/**
 * Calls the handler with every message from now on, in the order of each publisher, also after reconnects; what is sent meanwhile is missed
 * (`connection.onConnect` tells when to ask for the whole). Messages that cannot be decoded are dropped.
 * @returns a function that ends it.
 */
export function subscribeBroadcast<Message>(
  connection: StreamConnection,
  stream: BroadcastStream<Message>,
  handler: (message: Message) => void,
): () => void {
  let subscription: Subscription | undefined;
  const subscribe = () => {
    // The client keeps subscriptions over its own reconnects; a closed one belongs to a client that gave up.
    if (connection.nats === undefined || (subscription !== undefined && !subscription.isClosed())) return;
    subscription = connection.nats.subscribe(connection.prefix + stream.subject, {
      callback: (error, message) => {
        const decoded = error === null ? decode(stream, message.data) : undefined;
        if (decoded !== undefined) handler(decoded);
      },
    });
  };
  const stopListening = connection.onConnect(subscribe);
  subscribe();
  return () => {
    stopListening();
    subscription?.unsubscribe();
  };
}

function decode<Message>(stream: BroadcastStream<Message>, payload: Uint8Array): Message | undefined {
  try {
    return stream.decode(payload);
  } catch {
    return undefined;
  }
}
