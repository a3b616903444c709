import type { Clock, Logger } from '@plexus/observability';
import { type StreamConnection, subscribeBroadcast, typing } from '@plexus/streams';
import type { OtherServices } from '../clients/other-services.ts';
import type { MemoryIndex, Woken } from '../memory/memory-index.ts';
import { applyTyping, typingRooms } from '../streams/typing.ts';

export interface TypingEffects {
  readonly streams: StreamConnection;
  readonly owner: OtherServices['typing'];
  readonly memory: MemoryIndex;
  readonly clock: Clock;
  readonly log: Logger;
  wake(woken: Woken): void;
}

/**
 * Who types, as the stream tells it. What was missed while NATS was away is mended by asking for the whole after every connect: rooms that are
 * not in the answer have nobody typing any more.
 * @returns a function that ends it.
 */
export function followTyping(effects: TypingEffects): () => void {
  const { streams, memory, clock, wake } = effects;
  const stopListening = subscribeBroadcast(streams, typing, (change) => wake(applyTyping(memory, change, clock.now())));
  const stopAsking = streams.onConnect(() => void readAgain(effects));
  void readAgain(effects);
  return () => {
    stopListening();
    stopAsking();
  };
}

async function readAgain({ owner, memory, clock, log, wake }: TypingEffects): Promise<void> {
  const before = typingRooms(memory);
  try {
    const { rooms } = await owner.getTyping({ roomIds: [] });
    for (const room of rooms) wake(applyTyping(memory, room, clock.now()));
    const stillTyping = new Set(rooms.map((room) => room.roomId));
    for (const room of before) {
      if (stillTyping.has(room.roomId)) continue;
      // Half a version: later than what is known here, earlier than any change to come.
      wake(applyTyping(memory, { ...room, userIds: [], version: room.version + 0.5 }, clock.now()));
    }
  } catch (error) {
    // Typing may be forgotten: the next connect asks again, and the stream goes on meanwhile.
    log.warn({ error }, 'who types now could not be asked');
  }
}
