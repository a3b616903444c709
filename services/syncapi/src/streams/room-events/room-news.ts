import type { TimelineEvent } from '../../domain/timeline-event.ts';
import type { RoomSummary } from '../../memory/room-memory.ts';
import type { RoomDelta } from './room-delta.ts';

/** What a response says of the events of one room: complete, wherever it came from. */
export interface RoomNews {
  readonly roomId: string;
  readonly membership: 'join' | 'leave';
  readonly delta: RoomDelta;
  /** Member events for a lazy-loading client, beside those of the section. */
  readonly members: readonly TimelineEvent[];
  /** Of joined rooms that are new to the client or whose members changed. */
  readonly summary: RoomSummary | undefined;
  /** The client does not know the room, or asks for all of its state: the room is part of the response even when it is silent. */
  readonly isNew: boolean;
}
