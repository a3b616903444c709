import {
  authEventKeys,
  authorise,
  type BuiltEvent,
  buildEvent,
  checkAuthEvents,
  type EventId,
  type JsonObject,
  type Pdu,
  parseEventId,
  parsePdu,
  parseRoomId,
  parseServerName,
  parseUserId,
  type RoomId,
  type RoomVersion,
  type RoomVersionRules,
  referenceHash,
  resolveWholeStates,
  rulesOf,
  type ServerName,
  type SigningKey,
  type StateEntry,
  serverNameOf,
  signingKeyFromSeed,
  stateMapKey,
} from '@plexus/matrix';

/** An event that a server of the test sends. */
export interface RemoteSketch {
  readonly sender: string;
  readonly type: string;
  readonly stateKey?: string;
  readonly content?: JsonObject;
  /** Prev events; the last one sent when not given. */
  readonly after?: readonly EventId[];
  readonly redacts?: EventId;
  /** What it cites, when that is not what the state before it says. */
  readonly authEvents?: readonly EventId[];
  readonly ts?: number;
  readonly depth?: number;
  /** The server whose key signs; the sender's when not given. */
  readonly signedBy?: string;
}

export interface RemoteEvent {
  readonly pdu: Pdu;
  readonly json: string;
  readonly stateBefore: ReadonlyMap<string, EventId>;
  readonly stateAfter: ReadonlyMap<string, EventId>;
  readonly rejected: boolean;
}

/** A fixed point in time: 2025-06-15. */
const BEGINNING = 1_750_000_000_000;

const keys = new Map<string, SigningKey>();

/** The key by which a server of the tests signs. */
export function keyOfServer(server: string): SigningKey {
  const known = keys.get(server);
  if (known !== undefined) return known;
  const key = must(signingKeyFromSeed('t', Buffer.from(server.padEnd(32, '.').slice(0, 32))));
  keys.set(server, key);
  return key;
}

/** A room of other servers, of which every event and every state is known, built as honest servers would. */
export class RemoteRoom {
  readonly rules: RoomVersionRules;
  readonly roomId: RoomId;
  readonly create: EventId;
  readonly events = new Map<EventId, RemoteEvent>();
  readonly creator: string;
  last: EventId;
  /** No two create events are the same. */
  #clock = BEGINNING + roomCount;
  #count = 0;

  constructor(version: RoomVersion, creator = '@carl:one.example', createContent: JsonObject = {}, created?: string) {
    this.rules = rulesOf(version);
    this.creator = creator;
    const built = created === undefined ? this.#create(createContent) : this.#read(created);
    this.roomId = built.pdu.roomId;
    this.create = built.eventId;
    this.last = built.eventId;
    this.#keep(built, new Map());
  }

  /** A room of this server's, as others that are in it know it. */
  static of(version: RoomVersion, creator: string, [created, ...events]: readonly string[]): RemoteRoom {
    const room = new RemoteRoom(version, creator, {}, created);
    for (const json of events) room.add(json);
    return room;
  }

  /** A public room with its creator and the power levels of an ordinary one. */
  static open(version: RoomVersion, creator?: string, users: JsonObject = {}): RemoteRoom {
    const room = new RemoteRoom(version, creator);
    room.member(room.creator, 'join');
    const own = room.rules.privilegedCreators ? {} : { [room.creator]: 100 };
    room.state(room.creator, 'm.room.power_levels', { users: { ...own, ...users } });
    room.state(room.creator, 'm.room.join_rules', { join_rule: 'public' });
    return room;
  }

  member(target: string, membership: string, sender = target, rest: Partial<RemoteSketch> = {}): EventId {
    return this.send({ sender, type: 'm.room.member', stateKey: target, content: { membership }, ...rest });
  }

  state(sender: string, type: string, content: JsonObject, rest: Partial<RemoteSketch> = {}): EventId {
    return this.send({ sender, type, stateKey: '', content, ...rest });
  }

  message(sender: string, body: string, rest: Partial<RemoteSketch> = {}): EventId {
    return this.send({ sender, type: 'm.room.message', content: { msgtype: 'm.text', body }, ...rest });
  }

  send(sketch: RemoteSketch): EventId {
    const after = sketch.after ?? [this.last];
    const before = this.stateOfAll(after);
    const authEvents = sketch.authEvents ?? this.selectAuthEvents(sketch, before);
    const built = this.#build({ ...sketch, after }, this.roomId, authEvents);
    this.#keep(built, before);
    this.last = built.eventId;
    return built.eventId;
  }

  /** What is sent meanwhile is not what others follow. */
  aside<Value>(make: () => Value): Value {
    const { last } = this;
    const made = make();
    this.last = last;
    return made;
  }

  /** Takes an event that another server has built for this room. */
  add(json: string): EventId {
    const event = this.#read(json);
    const { eventId, pdu } = event;
    if (this.events.has(eventId)) return eventId;
    this.#keep(event, this.stateOfAll(pdu.prevEvents));
    this.last = eventId;
    return eventId;
  }

  get(eventId: EventId): RemoteEvent {
    return must(this.events.get(eventId));
  }

  json(...eventIds: EventId[]): string[] {
    return eventIds.map((eventId) => this.get(eventId).json);
  }

  /** All events in the order in which they were sent. */
  get order(): EventId[] {
    return [...this.events.keys()];
  }

  stateIds(eventId: EventId): EventId[] {
    return [...this.get(eventId).stateBefore.values()];
  }

  authChain(eventIds: Iterable<EventId>): EventId[] {
    const chain = new Set<EventId>();
    const open = [...eventIds];
    for (let next = open.pop(); next !== undefined; next = open.pop())
      for (const each of this.get(next).pdu.authEvents) if (!chain.has(each)) open.push(...(chain.add(each) && [each]));
    return [...chain];
  }

  /** The state of several events together, by the reference way: whole states. */
  stateOfAll(eventIds: readonly EventId[]): ReadonlyMap<string, EventId> {
    const states = eventIds.map((eventId) => this.get(eventId).stateAfter);
    const [only] = states;
    if (only === undefined || states.length === 1) return only ?? new Map();
    const resolved = resolveWholeStates({
      rules: this.rules,
      roomId: this.roomId,
      states: states.map((state) => [...state.values()].map((eventId) => this.#entry(eventId))),
      event: (eventId) => this.events.get(eventId),
    });
    return new Map(resolved.map((entry) => [stateMapKey(entry.type, entry.stateKey), entry.eventId]));
  }

  selectAuthEvents(
    sketch: Pick<RemoteSketch, 'sender' | 'type' | 'stateKey' | 'content'>,
    state: ReadonlyMap<string, EventId>,
  ): EventId[] {
    const { type, stateKey, content = {} } = sketch;
    return authEventKeys({ type, stateKey, content, sender: must(parseUserId(sketch.sender)) }, this.rules).flatMap(
      ([of, key]) => state.get(stateMapKey(of, key)) ?? [],
    );
  }

  #read(json: string): BuiltEvent {
    const parsed = parsePdu(json, this.rules);
    if (!parsed.ok) throw new Error('no event of this room');
    return { eventId: parsed.value.pdu.eventId, json: parsed.value.json, pdu: parsed.value.pdu };
  }

  #create(createContent: JsonObject): BuiltEvent {
    const { creator, rules } = this;
    const fixed = must(parseRoomId(`!room${roomCount++}:${serverOf(creator)}`));
    const named = rules.creator === 'content' ? { creator, ...createContent } : createContent;
    const content = { ...named, room_version: rules.version };
    const sketch = { sender: creator, type: 'm.room.create', stateKey: '', content, after: [] };
    return this.#build(sketch, rules.roomIdIsCreateEventHash ? undefined : fixed, []);
  }

  #entry(eventId: EventId): StateEntry {
    const { type, stateKey } = this.get(eventId).pdu;
    return { type, stateKey: stateKey ?? '', eventId };
  }

  #build(sketch: RemoteSketch, roomId: RoomId | undefined, authEvents: readonly EventId[]): BuiltEvent {
    const { after = [], signedBy = serverOf(sketch.sender), ts } = sketch;
    const depths = after.map((eventId) => this.get(eventId).pdu.depth);
    this.#clock += 1_000;
    const built = buildEvent({
      rules: this.rules,
      roomId,
      type: sketch.type,
      stateKey: sketch.stateKey,
      sender: must(parseUserId(sketch.sender)),
      content: sketch.content ?? {},
      prevEvents: after,
      authEvents,
      depth: sketch.depth ?? Math.max(0, ...depths) + 1,
      originServerTs: ts ?? this.#clock,
      redacts: sketch.redacts,
      origin: must(parseServerName(signedBy)),
      signingKey: keyOfServer(signedBy),
      ...(this.rules.eventIds === 'explicit' && {
        explicit: {
          eventId: must(parseEventId(`$e${this.#count++}r${roomCount}:${serverOf(sketch.sender)}`)),
          referenceHashes: new Map([...after, ...authEvents].map((eventId) => [eventId, this.#hashOf(eventId)])),
        },
      }),
    });
    if (!built.ok) throw new Error(built.error);
    return built.value;
  }

  #hashOf(eventId: EventId): string {
    const parsed = parsePdu(this.get(eventId).json, this.rules);
    return parsed.ok ? referenceHash(parsed.value.object, this.rules) : '';
  }

  /** Keeps an event with its state; one that is not allowed is kept as rejected. */
  #keep({ eventId, json, pdu }: BuiltEvent, stateBefore: ReadonlyMap<string, EventId>): void {
    const citedEvents = pdu.authEvents.map((each) => this.get(each));
    const cited = citedEvents.map((each) => each.pdu);
    const byCited = (type: string, key: string) =>
      type === 'm.room.create' && !this.rules.createInAuthEvents
        ? this.events.get(this.create)?.pdu
        : cited.find((each) => each.type === type && each.stateKey === key);
    const byState = (type: string, key: string) => {
      const found = stateBefore.get(stateMapKey(type, key));
      return found === undefined ? undefined : this.get(found).pdu;
    };
    const allowed =
      checkAuthEvents(pdu, citedEvents, this.rules).allowed &&
      authorise(pdu, byCited, this.rules).allowed &&
      authorise(pdu, byState, this.rules).allowed;
    const stateAfter = new Map(stateBefore);
    if (allowed && pdu.stateKey !== undefined) stateAfter.set(stateMapKey(pdu.type, pdu.stateKey), eventId);
    this.events.set(eventId, { pdu, json, stateBefore, stateAfter, rejected: !allowed });
  }
}

let roomCount = 0;

export function serverOf(user: string): ServerName {
  return serverNameOf(must(parseUserId(user)));
}

export function must<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('a fixture does not parse');
  return value;
}
