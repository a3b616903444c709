import { type Answer, at, type Json, listAt, send, textAt } from '../stack/http-client.ts';
import { roomPath, type User } from '../stack/user.ts';

/**
 * A user who reads by way of several replicas: each read is made of all of them at once, and all must answer
 * the same.
 */
export class ReadingUser {
  readonly user: User;
  readonly #bases: readonly string[];
  #since: string | undefined;

  constructor(user: User, bases: readonly string[]) {
    this.user = user;
    this.#bases = bases;
  }

  get userId(): string {
    return this.user.userId;
  }

  /**
   * A replica that cannot say yet what is committed answers with a temporary error, which is no stale answer:
   * it is asked again.
   */
  read(path: string): Promise<Answer[]> {
    return Promise.all(
      this.#bases.map(async (base) => {
        for (;;) {
          const answer = await send(base, 'GET', path, { token: this.user.token });
          if (answer.status !== 503) return answer;
        }
      }),
    );
  }

  readRoom(roomId: string, rest: string): Promise<Answer[]> {
    return this.read(roomPath(roomId, rest));
  }

  /**
   * What every replica answers to an initial sync of one room, and to a sync that goes on from the last of
   * these.
   */
  async sync(roomId: string): Promise<{ readonly initial: Json[]; readonly incremental: Json[] }> {
    const filter = encodeURIComponent(
      JSON.stringify({ room: { rooms: [roomId], include_leave: true, timeline: { limit: 100 } } }),
    );
    const path = `/_matrix/client/v3/sync?timeout=0&filter=${filter}`;
    const since = this.#since;
    const [initial, incremental] = await Promise.all([
      this.read(path),
      since === undefined ? [] : this.read(`${path}&since=${encodeURIComponent(since)}`),
    ]);
    const [newest] = since === undefined ? initial : incremental;
    this.#since = textAt(newest?.json, 'next_batch');
    return { initial: initial.map(({ json }) => json), incremental: incremental.map(({ json }) => json) };
  }
}

export function eventIds(events: readonly Json[]): string[] {
  return events.map((event) => textAt(event, 'event_id'));
}

/** The user's room in a response of /sync, under a membership. */
export function roomOf(sync: Json, membership: 'join' | 'invite' | 'leave', roomId: string): Json | undefined {
  return at(sync, 'rooms', membership, roomId);
}

/** The content of account data of this type, global or of a room. */
export function accountDataOf(holder: Json | undefined, type: string): Json | undefined {
  const item = listAt(holder, 'account_data', 'events').find((event) => at(event, 'type') === type);
  return at(item, 'content');
}
