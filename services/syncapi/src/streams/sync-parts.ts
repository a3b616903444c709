import type { AccountDataItem } from '../domain/account-data.ts';
import type { LogName, SyncPosition } from '../domain/sync-token.ts';
import type { TimelineEvent } from '../domain/timeline-event.ts';

/** What the streams say of one room that the user is or was in; each field is JSON text. */
export interface RoomParts {
  /** `"timeline":{…}` with the state, without braces around; undefined when no event is sent. */
  events: string | undefined;
  /** A JSON object. */
  summary: string | undefined;
  /** JSON objects. */
  ephemeral: string[] | undefined;
  accountData: readonly AccountDataItem[] | undefined;
}

/** A response on its way: each stream adds its part, room by room; an endpoint writes it out in its own format. */
export class SyncParts {
  readonly join = new Map<string, RoomParts>();
  readonly leave = new Map<string, RoomParts>();
  /** Stripped state as a JSON array, by room id. */
  readonly invite = new Map<string, string>();
  readonly knock = new Map<string, string>();
  /** Global account data. */
  accountData: readonly AccountDataItem[] = [];
  /** Member events that the response contains, for lazy-loading devices. */
  readonly sentMembers: TimelineEvent[] = [];
  readonly #ahead = new Map<LogName, number>();

  joined(roomId: string): RoomParts {
    return partsIn(this.join, roomId);
  }

  left(roomId: string): RoomParts {
    return partsIn(this.leave, roomId);
  }

  addEphemeral(roomId: string, event: string): void {
    const room = this.joined(roomId);
    if (room.ephemeral === undefined) room.ephemeral = [event];
    else room.ephemeral.push(event);
  }

  /** A stream whose owner answered with newer data than the snapshot sends all of it up to this position of its log. */
  isCompleteUpTo(log: LogName, position: number): void {
    this.#ahead.set(log, position);
  }

  /** The position after this response. */
  positionAfter(upTo: SyncPosition): SyncPosition {
    return this.#ahead.size === 0 ? upTo : { ...upTo, ...Object.fromEntries(this.#ahead) };
  }

  get isEmpty(): boolean {
    const rooms = this.join.size + this.invite.size + this.knock.size + this.leave.size;
    return rooms + this.accountData.length === 0;
  }
}

function partsIn(rooms: Map<string, RoomParts>, roomId: string): RoomParts {
  const known = rooms.get(roomId);
  if (known !== undefined) return known;
  const made: RoomParts = { events: undefined, summary: undefined, ephemeral: undefined, accountData: undefined };
  rooms.set(roomId, made);
  return made;
}
