import { at, type Json, textAt } from '../stack/http-client.ts';
import type { User } from '../stack/user.ts';

export interface ReceivedEvent {
  readonly roomId: string;
  readonly event: Json;
}

const TIMEOUT_MS = 60_000;

/** What a user is told by /sync, kept. */
export class Inbox {
  readonly #user: User;
  readonly #received: ReceivedEvent[] = [];
  readonly #invites = new Map<string, Json>();
  #since: string | undefined;

  constructor(user: User) {
    this.#user = user;
  }

  /** The first event of a timeline that satisfies the condition, waiting for it. @throws Error naming what was waited for */
  event(what: string, condition: (received: ReceivedEvent) => boolean): Promise<ReceivedEvent> {
    return this.#wait(what, () => this.#received.find(condition));
  }

  message(roomId: string, body: RegExp, sender?: string): Promise<ReceivedEvent> {
    return this.event(`a message ${body}`, (received) => {
      const { event } = received;
      const text = at(event, 'content', 'body');
      const isBySender = sender === undefined || at(event, 'sender') === sender;
      return received.roomId === roomId && isBySender && typeof text === 'string' && body.test(text);
    });
  }

  /** Joins the first room that the user is invited to and whose state satisfies the condition. */
  async joinInvited(what: string, condition: (state: Json) => boolean): Promise<string> {
    const roomId = await this.#wait(`an invite to ${what}`, () => {
      const found = [...this.#invites].find(([, state]) => condition(state));
      return found?.[0];
    });
    this.#invites.delete(roomId);
    await this.#user.ok('POST', `/_matrix/client/v3/join/${encodeURIComponent(roomId)}`, {});
    return roomId;
  }

  async #wait<T>(what: string, find: () => T | undefined): Promise<T> {
    const deadline = performance.now() + TIMEOUT_MS;
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      if (performance.now() > deadline)
        throw new Error(`waited in vain for ${what}; received: ${JSON.stringify(this.#received).slice(-3000)}`);
      await this.#sync();
    }
  }

  async #sync(): Promise<void> {
    const since = this.#since === undefined ? '' : `&since=${encodeURIComponent(this.#since)}`;
    const answer = await this.#user.ok('GET', `/_matrix/client/v3/sync?timeout=2000${since}`);
    this.#since = textAt(answer, 'next_batch');
    for (const [roomId, room] of entries(at(answer, 'rooms', 'join')))
      for (const [, event] of entries(at(room, 'timeline', 'events'))) this.#received.push({ roomId, event });
    for (const [roomId, room] of entries(at(answer, 'rooms', 'invite')))
      this.#invites.set(roomId, at(room, 'invite_state', 'events') ?? []);
  }
}

function entries(json: Json | undefined): [string, Json][] {
  return typeof json === 'object' && json !== null ? Object.entries(json) : [];
}
