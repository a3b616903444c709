import type { EventId, RoomId, RoomVersionRules, ServerName } from '@plexus/matrix';
import type { FetchBudget } from './fetch-budget.ts';
import { type GateOptions, passGate } from './gate.ts';
import type { GatedEvent } from './input-event.ts';
import type { RemoteEvents, RemoteRoom, UncheckedEvents } from './remote-events.ts';

export interface AskerOptions extends GateOptions {
  readonly remote: RemoteEvents;
}

type Events = ReadonlyMap<EventId, GatedEvent>;

const MAX_MISSING_EVENTS = 100;
/** Ids in one request; the far side asks for each by itself where its servers know no better. */
const MAX_IDS = 100;
const MAX_REFERENCES = 20;

/** Asks one server about one room within a budget, and sends every answer through the gate. */
export class RemoteAsker {
  readonly #room: { readonly server: ServerName; readonly roomId: RoomId; readonly rules: RoomVersionRules };
  readonly #budget: FetchBudget;
  readonly #options: AskerOptions;

  constructor(room: RemoteAsker['room'], budget: FetchBudget, options: AskerOptions) {
    this.#room = room;
    this.#budget = budget;
    this.#options = options;
  }

  get room() {
    return this.#room;
  }

  missingEvents(earliest: readonly EventId[], latest: readonly EventId[]): Promise<Events> {
    const of = {
      earliest: earliest.slice(0, MAX_REFERENCES),
      latest: latest.slice(0, MAX_REFERENCES),
      limit: MAX_MISSING_EVENTS,
    };
    return this.#events((room) => this.#options.remote.getMissingEvents(room, of));
  }

  eventAuth(eventId: EventId): Promise<Events> {
    return this.#events((room) => this.#options.remote.getEventAuth(room, eventId));
  }

  async stateIds(eventId: EventId): Promise<{ state: readonly EventId[]; authChain: readonly EventId[] } | undefined> {
    const room = this.#remoteRoom();
    if (room === undefined) return undefined;
    const answer = await this.#options.remote.getStateIds(room, eventId);
    this.#budget.spend([]);
    return answer;
  }

  async events(eventIds: readonly EventId[]): Promise<Events> {
    const found = new Map<EventId, GatedEvent>();
    for (let at = 0; at < eventIds.length; at += MAX_IDS) {
      const ids = eventIds.slice(at, at + MAX_IDS);
      const answer = await this.#events((room) => this.#options.remote.getEvents(room, ids));
      if (answer.size === 0) break;
      for (const eventId of ids) {
        const event = answer.get(eventId);
        if (event !== undefined) found.set(eventId, event);
      }
    }
    return found;
  }

  #remoteRoom(): RemoteRoom | undefined {
    const { server, roomId } = this.#room;
    const maxBytes = this.#budget.bytesLeft;
    return maxBytes === 0 ? undefined : { server, roomId, maxBytes };
  }

  async #events(ask: (room: RemoteRoom) => Promise<UncheckedEvents | undefined>): Promise<Events> {
    const room = this.#remoteRoom();
    if (room === undefined) return new Map();
    const texts = this.#budget.spend((await ask(room)) ?? []);
    const answers = await passGate(texts, this.#room, this.#options);
    return new Map(
      answers.flatMap((each) => (each.kind === 'passed' ? [[each.event.pdu.eventId, each.event] as const] : [])),
    );
  }
}
