import type {
  QueryStateRequest,
  RoomState,
  RoomStateQuery,
  RoomserverService,
  StoredEvent,
} from '@plexus/contracts/roomserver';
import type { RoomEvent, RoomLogEntry } from '@plexus/contracts/streams/room-log';

/** What a test sends into a room. */
export interface ScriptedEvent {
  readonly sender: string;
  readonly type: string;
  readonly stateKey?: string;
  readonly content: Readonly<Record<string, unknown>>;
  readonly deviceId?: string;
  readonly transactionId?: string;
  readonly strippedState?: readonly string[];
}

type Answers = Pick<
  RoomserverService,
  'getEvents' | 'queryMembers' | 'queryMemberships' | 'queryRooms' | 'queryState' | 'readLog'
>;

/** Rooms and their log in memory, answering as roomserver does: what stands behind the contract in tests of this service. */
export class ScriptedRooms implements Answers {
  readonly entries: RoomLogEntry[] = [];
  readonly calls = { getEvents: 0, queryState: 0, queryMemberships: 0, readLog: 0 };
  /** Hears of every commit. */
  publish: (entries: readonly RoomLogEntry[]) => void = () => undefined;
  readonly #events = new Map<string, StoredEvent>();
  readonly #byPosition = new Map<number, StoredEvent>();
  readonly #historyStates = new Map<string, readonly StoredEvent[]>();

  /** Commits events of a room in one batch. @returns their ids */
  send(roomId: string, events: readonly ScriptedEvent[]): string[] {
    const batch = events.map((event) => this.#append(roomId, event));
    this.publish(batch);
    return batch.flatMap(({ kind }) => (kind?.$case === 'event' ? kind.value.eventId : []));
  }

  /** A room that its creator has joined. */
  create(roomId: string, creator: string, visibility = 'shared'): void {
    this.send(roomId, [
      { sender: creator, type: 'm.room.create', stateKey: '', content: { room_version: '12' } },
      member(creator, 'join'),
      { sender: creator, type: 'm.room.history_visibility', stateKey: '', content: { history_visibility: visibility } },
    ]);
  }

  /**
   * History that comes late, in one batch: it stands after a position of the timeline, by depth. The state before each is what `before` sets.
   * @returns the ids
   */
  backfill(
    roomId: string,
    afterPosition: number,
    events: readonly (ScriptedEvent & { readonly depth: number })[],
    before: readonly ScriptedEvent[] = [],
  ): string[] {
    const batch = events.map(({ depth, ...scripted }): RoomLogEntry => {
      const position = this.entries.length + 1;
      const event = this.#eventOf(roomId, scripted, position);
      this.#store(event);
      this.#historyStates.set(
        event.eventId,
        before.map((state) => this.#eventOf(roomId, state, 0)),
      );
      const value = { ...event, stateChanges: [], historical: true, historyPlace: { afterPosition, depth } };
      const entry: RoomLogEntry = { position, traceparent: '', kind: { $case: 'event', value } };
      this.entries.push(entry);
      return entry;
    });
    this.publish(batch);
    return batch.flatMap(({ kind }) => (kind?.$case === 'event' ? kind.value.eventId : []));
  }

  /** A message whose entry brings an event of before back into the state, as a resolution of forks does. @returns its id */
  bringBack(roomId: string, sender: string, eventId: string): string {
    const older = this.#events.get(eventId);
    if (older?.stateKey === undefined) throw new Error('no state event to bring back');
    const entry = this.#append(roomId, message(sender, 'joins branches'));
    const content: { membership?: string; history_visibility?: string } = JSON.parse(older.json).content;
    const change = { type: older.type, stateKey: older.stateKey, eventId };
    if (entry.kind?.$case !== 'event') throw new Error('no event');
    entry.kind.value.stateChanges = [
      { ...change, membership: content.membership, historyVisibility: content.history_visibility },
    ];
    this.publish([entry]);
    return entry.kind.value.eventId;
  }

  redact(roomId: string, eventId: string, sender: string): string {
    const target = this.#events.get(eventId);
    if (target === undefined) throw new Error('nothing to redact');
    const redaction = this.#append(roomId, { sender, type: 'm.room.redaction', content: { redacts: eventId } });
    const redactionId = redaction.kind?.$case === 'event' ? redaction.kind.value.eventId : '';
    const json = JSON.stringify({ ...JSON.parse(target.json), content: {} });
    this.#store({ ...target, json, redactedBy: redactionId, redactedBecause: this.#events.get(redactionId)?.json });
    for (const event of this.#events.values())
      if (event.replacesState === eventId) this.#store({ ...event, prevContent: '{}' });
    const entry: RoomLogEntry = {
      position: this.entries.length + 1,
      traceparent: '',
      kind: { $case: 'redacted', value: { roomId, eventId, redactionEventId: redactionId, json } },
    };
    this.entries.push(entry);
    this.publish([redaction, entry]);
    return redactionId;
  }

  /** Appends an entry that is about the room as a whole, as it is when the events it speaks of are gone. */
  notice(kind: Extract<RoomLogEntry['kind'], { $case: 'roomDeleted' | 'historyPurged' | 'roomForgotten' }>): void {
    const { roomId } = kind.value;
    const isGone = (position: number) =>
      kind.$case === 'roomDeleted' || (kind.$case === 'historyPurged' && position <= kind.value.upTo);
    for (const [position, event] of this.#byPosition) {
      const isState = event.stateKey !== undefined && kind.$case === 'historyPurged';
      if (event.roomId !== roomId || isState || !isGone(position)) continue;
      this.#byPosition.delete(position);
      this.#events.delete(event.eventId);
      this.entries[position - 1] = { position, traceparent: '', kind: undefined };
    }
    const entry: RoomLogEntry = { position: this.entries.length + 1, traceparent: '', kind };
    this.entries.push(entry);
    this.publish([entry]);
  }

  getEvents: Answers['getEvents'] = async ({ eventIds, positions }) => {
    this.calls.getEvents += 1;
    const events = [
      ...eventIds.map((eventId) => this.#events.get(eventId)),
      ...positions.map((position) => this.#byPosition.get(position)),
    ];
    return { events: events.filter((event) => event !== undefined) };
  };

  queryState: Answers['queryState'] = async ({ queries }: QueryStateRequest) => {
    this.calls.queryState += 1;
    return { rooms: queries.map((query) => this.#stateOf(query)) };
  };

  queryMemberships: Answers['queryMemberships'] = async ({ userIds, memberships, roomIds }) => {
    this.calls.queryMemberships += 1;
    const found = roomIds.flatMap((roomId) =>
      this.#stateOf({ roomId, keys: [], types: ['m.room.member'], omitMembers: false, members: [] }).events.flatMap(
        (event) => {
          const membership: unknown = JSON.parse(event.json).content.membership;
          if (typeof membership !== 'string' || !userIds.includes(event.stateKey ?? '')) return [];
          return [{ userId: event.stateKey ?? '', roomId, membership, eventId: event.eventId, forgotten: false }];
        },
      ),
    );
    return { memberships: found.filter(({ membership }) => memberships.includes(membership)) };
  };

  queryMembers: Answers['queryMembers'] = async ({ roomIds, memberships }) => ({
    rooms: roomIds.map((roomId) => ({
      roomId,
      exists: true,
      members: this.#timelineState(roomId, this.entries.length).flatMap(({ eventId, type, stateKey, json }) => {
        const membership: unknown = type === 'm.room.member' ? JSON.parse(json).content.membership : undefined;
        if (typeof membership !== 'string' || !memberships.includes(membership)) return [];
        return [{ userId: stateKey ?? '', membership, eventId }];
      }),
    })),
  });

  queryRooms: Answers['queryRooms'] = async ({ roomIds }) => ({
    rooms: roomIds.map((roomId) => ({
      roomId,
      roomVersion: '12',
      aliases: [`#alias${roomId.slice(1)}`],
      published: false,
    })),
  });

  readLog: Answers['readLog'] = async ({ from, to, limit }) => {
    this.calls.readLog += 1;
    const head = this.entries.length;
    return { entries: this.entries.slice(from - 1, Math.min(to > 0 ? to : head, from - 1 + limit)), head };
  };

  #append(roomId: string, scripted: ScriptedEvent): RoomLogEntry {
    const position = this.entries.length + 1;
    const event = this.#eventOf(roomId, scripted, position);
    this.#store({ ...event, position });
    const entry: RoomLogEntry = { position, traceparent: '', kind: { $case: 'event', value: event } };
    this.entries.push(entry);
    return entry;
  }

  #eventOf(roomId: string, scripted: ScriptedEvent, position: number): RoomEvent {
    const { sender, type, stateKey, content } = scripted;
    const eventId = `$event${String(position).padStart(38, '0')}`;
    const membership =
      type === 'm.room.member' && typeof content['membership'] === 'string' ? content['membership'] : undefined;
    const json = JSON.stringify({
      content,
      origin_server_ts: position,
      room_id: roomId,
      sender,
      ...(stateKey !== undefined && { state_key: stateKey }),
      type,
    });
    const replaced =
      stateKey === undefined
        ? undefined
        : this.#timelineState(roomId, position - 1).find((event) => event.type === type && event.stateKey === stateKey);
    return {
      roomId,
      eventId,
      roomVersion: '12',
      type,
      stateKey,
      sender,
      originServerTs: position,
      json,
      stateChanges: stateKey === undefined ? [] : [{ type, stateKey, eventId, membership }],
      senderDeviceId: scripted.deviceId,
      transactionId: scripted.transactionId,
      prevContent: replaced === undefined ? undefined : JSON.stringify(JSON.parse(replaced.json).content),
      replacesState: replaced?.eventId,
      strippedState: [...(scripted.strippedState ?? [])],
      historical: false,
    };
  }

  #store(event: StoredEvent): void {
    this.#events.set(event.eventId, event);
    if (event.position !== undefined) this.#byPosition.set(event.position, event);
  }

  #stateOf({ roomId, at, keys, types, omitMembers, members }: RoomStateQuery): RoomState {
    const history = typeof at?.value === 'string' ? this.#historyStates.get(at.value) : undefined;
    const state = history ?? this.#timelineState(roomId, this.#placeOf(at));
    const events = state.filter((event) => {
      if (keys.length > 0) return keys.some(({ type, stateKey }) => event.type === type && event.stateKey === stateKey);
      if (types.length > 0) return types.includes(event.type);
      return !omitMembers || event.type !== 'm.room.member' || members.includes(event.stateKey ?? '');
    });
    return { roomId, exists: state.length > 0, events };
  }

  #timelineState(roomId: string, upTo: number): readonly StoredEvent[] {
    const state = new Map<string, StoredEvent>();
    for (const { kind } of this.entries.slice(0, upTo)) {
      if (kind?.$case !== 'event' || kind.value.roomId !== roomId) continue;
      for (const { type, stateKey, eventId = '' } of kind.value.stateChanges) {
        const event = this.#events.get(eventId);
        if (event !== undefined) state.set(`${type} ${stateKey}`, event);
      }
    }
    return [...state.values()];
  }

  #placeOf(at: RoomStateQuery['at']): number {
    if (at === undefined) return this.entries.length;
    if (at.$case === 'atPosition') return at.value;
    const position = this.#events.get(at.value)?.position ?? 0;
    return at.$case === 'beforeEventId' ? position - 1 : position;
  }
}

export function member(userId: string, membership: string, sender = userId): ScriptedEvent {
  return { sender, type: 'm.room.member', stateKey: userId, content: { membership } };
}

export function message(sender: string, body: string): ScriptedEvent {
  return { sender, type: 'm.room.message', content: { msgtype: 'm.text', body } };
}
