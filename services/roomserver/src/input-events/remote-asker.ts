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

/** Whom to ask. */
export interface AskedServers {
  /** Who sent the events. */
  readonly origin: ServerName;
  /** Servers that may have what the origin does not give, the likeliest first; looked up once, when it is needed. */
  readonly others: () => Promise<readonly ServerName[]>;
}

/**
 * Asks servers about one room within a budget, one at a time, and sends every answer through the gate. The origin comes first, then the
 * others, but whoever has given something last is before them all: it is there, and has seen what others have not.
 */
export class RemoteAsker {
  readonly #room: { readonly roomId: RoomId; readonly rules: RoomVersionRules };
  readonly #servers: AskedServers;
  readonly #budget: FetchBudget;
  readonly #options: AskerOptions;
  #others: Promise<readonly ServerName[]> | undefined;
  #first: ServerName;

  constructor(
    room: { readonly roomId: RoomId; readonly rules: RoomVersionRules },
    servers: AskedServers,
    budget: FetchBudget,
    options: AskerOptions,
  ) {
    this.#room = room;
    this.#servers = servers;
    this.#first = servers.origin;
    this.#budget = budget;
    this.#options = options;
  }

  /** What server after server says of the events before `latest`, until one of the answers is enough. */
  async *missingEvents(earliest: readonly EventId[], latest: readonly EventId[]): AsyncGenerator<Events, void> {
    const of = {
      earliest: earliest.slice(0, MAX_REFERENCES),
      latest: latest.slice(0, MAX_REFERENCES),
      limit: MAX_MISSING_EVENTS,
    };
    for await (const server of this.#inTurn())
      yield await this.#events(server, (room) => this.#options.remote.getMissingEvents(room, of));
  }

  /** Of the first server that has it; an answer that is empty may be all that there is. */
  async eventAuth(eventId: EventId): Promise<Events> {
    for await (const server of this.#inTurn()) {
      const answer = await this.#events(server, (room) => this.#options.remote.getEventAuth(room, eventId));
      if (answer.size > 0) return answer;
    }
    return new Map();
  }

  /** Of the first server that tells it. */
  async stateIds(eventId: EventId): Promise<{ state: readonly EventId[]; authChain: readonly EventId[] } | undefined> {
    for await (const server of this.#inTurn()) {
      const room = this.#remoteRoom(server);
      if (room === undefined) return undefined;
      const answer = await this.#options.remote.getStateIds(room, eventId);
      this.#spend(server, []);
      if (answer === undefined) continue;
      this.#first = server;
      return answer;
    }
    return undefined;
  }

  /** Single events: those that one server does not give are asked of the next. */
  async events(eventIds: readonly EventId[]): Promise<Events> {
    const found = new Map<EventId, GatedEvent>();
    if (eventIds.length === 0) return found;
    let missing = eventIds;
    for await (const server of this.#inTurn()) {
      for (const [eventId, event] of await this.#eventsOf(server, missing)) found.set(eventId, event);
      missing = eventIds.filter((eventId) => !found.has(eventId));
      if (missing.length === 0) break;
    }
    return found;
  }

  async #eventsOf(server: ServerName, eventIds: readonly EventId[]): Promise<Events> {
    const found = new Map<EventId, GatedEvent>();
    for (let at = 0; at < eventIds.length; at += MAX_IDS) {
      const ids = eventIds.slice(at, at + MAX_IDS);
      const answer = await this.#events(server, (room) => this.#options.remote.getEvents(room, ids));
      if (answer.size === 0) break;
      for (const eventId of ids) {
        const event = answer.get(eventId);
        if (event !== undefined) found.set(eventId, event);
      }
    }
    return found;
  }

  async *#inTurn(): AsyncGenerator<ServerName, void> {
    const { origin, others } = this.#servers;
    const first = this.#first;
    yield first;
    if (first !== origin) yield origin;
    this.#others ??= others();
    for (const server of await this.#others) {
      if (!this.#budget.hasLeftForOthers) return;
      if (server !== first) yield server;
    }
  }

  #remoteRoom(server: ServerName): RemoteRoom | undefined {
    const maxBytes = this.#budget.bytesLeft;
    return maxBytes === 0 ? undefined : { server, roomId: this.#room.roomId, maxBytes };
  }

  #spend(server: ServerName, texts: readonly string[]): readonly string[] {
    return this.#budget.spend(texts, server === this.#servers.origin ? 'origin' : 'other');
  }

  async #events(server: ServerName, ask: (room: RemoteRoom) => Promise<UncheckedEvents | undefined>): Promise<Events> {
    const room = this.#remoteRoom(server);
    if (room === undefined) return new Map();
    const texts = this.#spend(server, (await ask(room)) ?? []);
    if (texts.length > 0) this.#first = server;
    const answers = await passGate(texts, this.#room, this.#options);
    return new Map(
      answers.flatMap((each) => (each.kind === 'passed' ? [[each.event.pdu.eventId, each.event] as const] : [])),
    );
  }
}
