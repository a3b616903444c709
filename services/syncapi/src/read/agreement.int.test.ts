import { type HistoryVisibility, maySeeEvent } from '@plexus/matrix';
import { describe, expect, it } from 'vitest';
import { member, message, type ScriptedEvent } from '../testing/scripted-rooms.ts';
import { withReplica } from '../testing/with-replica.ts';

const alice = '@alice:example.org';
const bob = '@bob:example.org';
const mallory = '@mallory:example.org';
const { others, replica } = await withReplica();
others.users.set(bob, undefined, 'm.ignored_user_list', { ignored_users: { [mallory]: {} } });

/** What happens to Bob in a room; between any two of these, others talk and change the state. */
const histories: readonly (readonly string[])[] = [
  [],
  ['invite'],
  ['invite', 'leave'],
  ['knock'],
  ['ban'],
  ['join'],
  ['invite', 'join'],
  ['join', 'leave'],
  ['join', 'ban'],
  ['join', 'leave', 'ban', 'leave'],
  ['join', 'leave', 'invite'],
  ['join', 'leave', 'invite', 'leave'],
  ['join', 'leave', 'invite', 'join'],
  ['invite', 'join', 'ban', 'leave', 'join', 'leave'],
  ['join', 'leave', 'forget'],
  ['join', 'leave', 'forget', 'invite', 'join'],
];
/** What the room shows: from its creation on, and from the middle on. */
const visibilities: readonly (readonly [HistoryVisibility, HistoryVisibility])[] = [
  ['world_readable', 'world_readable'],
  ['shared', 'shared'],
  ['invited', 'invited'],
  ['joined', 'joined'],
  ['world_readable', 'joined'],
];

interface SentEvent {
  readonly eventId: string;
  readonly scripted: ScriptedEvent;
}

/** The events of one room, each in a batch of its own. */
class StoryOfBob {
  readonly roomId: string;
  readonly events: SentEvent[] = [];
  #topics = 0;

  constructor(roomId: string, visibility: HistoryVisibility) {
    this.roomId = roomId;
    this.send(
      { sender: alice, type: 'm.room.create', stateKey: '', content: { room_version: '12' } },
      member(alice, 'join'),
      visibilityEvent(visibility),
      member(mallory, 'join'),
    );
  }

  send(...events: ScriptedEvent[]): void {
    for (const scripted of events) {
      const [eventId = ''] = others.rooms.send(this.roomId, [scripted]);
      this.events.push({ eventId, scripted });
    }
  }

  othersTalk(): void {
    this.#topics += 1;
    const topic = { sender: mallory, type: 'm.room.topic', stateKey: '', content: { topic: `${this.#topics}` } };
    this.send(message(alice, `${this.#topics}`), message(mallory, `${this.#topics}`), topic);
  }

  happens(what: string): void {
    if (what === 'forget') others.rooms.notice({ $case: 'roomForgotten', value: { roomId: this.roomId, userId: bob } });
    else this.send(member(bob, what, what === 'invite' || what === 'ban' ? alice : bob));
  }

  get topic(): string {
    return `${this.#topics}`;
  }
}

function visibilityEvent(visibility: HistoryVisibility): ScriptedEvent {
  return {
    sender: alice,
    type: 'm.room.history_visibility',
    stateKey: '',
    content: { history_visibility: visibility },
  };
}

/** Which events Bob may see, as the specification has it: by the state before and after each. */
function visibleToBob(events: readonly SentEvent[], isForgotten: boolean): string[] {
  let visibility: HistoryVisibility = 'shared';
  let membership = 'leave';
  return events.flatMap(({ eventId, scripted }, index) => {
    const { type, stateKey, content, sender } = scripted;
    const before = { visibility, membership };
    if (type === 'm.room.history_visibility') visibility = String(content['history_visibility']) as HistoryVisibility;
    if (type === 'm.room.member' && stateKey === bob && !isForgotten) membership = String(content['membership']);
    const joinedSince =
      membership === 'join' ||
      events
        .slice(index + 1)
        .some(
          (later) => !isForgotten && later.scripted.stateKey === bob && later.scripted.content['membership'] === 'join',
        );
    const after = { visibilityAfter: visibility, membershipAfter: membership };
    const isIgnored = sender === mallory && stateKey === undefined;
    return !isIgnored && maySeeEvent({ ...before, ...after, joinedSince }) ? [eventId] : [];
  });
}

const read = (
  key: Parameters<typeof replica.get>[0],
  roomId: string,
  given: { eventId?: string; query?: Record<string, string> } = {},
) =>
  replica.get(key, bob, {
    params: { roomId, ...(given.eventId !== undefined && { eventId: given.eventId }) },
    query: given.query ?? {},
  });

interface Shown {
  readonly event_id: string;
}
const idsOf = (events: readonly Shown[]) => events.map(({ event_id: id }) => id);

async function pagesOf(roomId: string, dir: 'b' | 'f'): Promise<string[] | 'closed'> {
  const found: string[] = [];
  let from: string | undefined;
  do {
    const query = { dir, limit: '5', ...(from !== undefined && { from }) };
    const { status, body } = await read('client.getRoomEvents', roomId, { query });
    if (status !== 200) return 'closed';
    found.push(...idsOf(body.chunk));
    from = body.end;
  } while (from !== undefined);
  return dir === 'f' ? found : found.toReversed();
}

const stories = visibilities.flatMap(([first, second]) =>
  histories.map((history) => ({ first, second, history, name: `${first}/${second}: ${history.join(', ')}` })),
);

describe('a reader is given the same answer about an event by every endpoint', () => {
  it.each(stories)('$name', async ({ first, second, history }) => {
    const story = new StoryOfBob(`!${stories.length}-${first}-${second}-${history.join('-')}:example.org`, first);
    story.othersTalk();
    for (const [index, what] of history.entries()) {
      story.happens(what);
      story.othersTalk();
      if (index === 0) story.send(visibilityEvent(second));
    }
    if (history.length === 0) story.send(visibilityEvent(second));
    story.othersTalk();
    const { roomId, events } = story;
    const visible = visibleToBob(events, history.at(-1) === 'forget');
    const isOpen = visible.length > 0;

    for (const { eventId } of events) {
      const [event, context] = [
        await read('client.getOneRoomEvent', roomId, { eventId }),
        await read('client.getEventContext', roomId, { eventId, query: { limit: '4' } }),
      ];
      const status = visible.includes(eventId) ? 200 : 404;
      expect([event.status, context.status], `${eventId} of ${JSON.stringify(events)}`).toEqual([status, status]);
      if (status === 404) continue;
      expect(event.body).toEqual({ ...context.body.event, unsigned: { ...event.body.unsigned } });
      const at = visible.indexOf(eventId);
      expect(idsOf(context.body.events_before)).toEqual(visible.slice(Math.max(0, at - 2), at).toReversed());
      expect(idsOf(context.body.events_after)).toEqual(visible.slice(at + 1, at + 3));
    }
    for (const dir of ['b', 'f'] as const) expect(await pagesOf(roomId, dir)).toEqual(isOpen ? visible : 'closed');

    const state = await read('client.getRoomState', roomId);
    const members = await read('client.getMembersByRoom', roomId);
    const topic = await replica.get('client.getRoomStateWithKey', bob, {
      params: { roomId, eventType: 'm.room.topic', stateKey: '' },
    });
    expect([state.status, members.status, topic.status]).toEqual(isOpen ? [200, 200, 200] : [403, 403, 403]);
    if (isOpen) {
      const last = events.findLastIndex(({ eventId }) => visible.includes(eventId));
      const upTo = new Map(
        events.slice(0, last + 1).map(({ eventId, scripted: { type, stateKey } }) => [`${type} ${stateKey}`, eventId]),
      );
      const expected = [...upTo].filter(([key]) => !key.endsWith(' undefined')).map(([, eventId]) => eventId);
      expect(idsOf(state.body).toSorted()).toEqual(expected.toSorted());
      expect(idsOf(members.body.chunk).toSorted()).toEqual(
        idsOf(state.body.filter(({ type }: { type: string }) => type === 'm.room.member')).toSorted(),
      );
    }
    const joined = await read('client.getJoinedMembersByRoom', roomId);
    expect(joined.status).toBe(history.at(-1) === 'join' ? 200 : 403);

    const filter = JSON.stringify({ room: { rooms: [roomId], include_leave: true, timeline: { limit: 100 } } });
    const { rooms } = (await replica.sync(bob, { filter })).body;
    const synced = rooms?.join?.[roomId];
    expect(synced !== undefined).toBe(history.at(-1) === 'join');
    if (synced !== undefined) expect(idsOf(synced.timeline.events)).toEqual(visible);
    // A sync tells users of their own membership in any case.
    const own = events.filter(({ scripted }) => scripted.stateKey === bob).map(({ eventId }) => eventId);
    for (const eventId of idsOf(rooms?.leave?.[roomId]?.timeline.events ?? []))
      expect([...visible, ...own]).toContain(eventId);
  });
});

describe('an event looks the same', () => {
  it('to its sender wherever it is read: with age, membership and transaction id', async () => {
    const roomId = '!looks:example.org';
    others.rooms.create(roomId, alice);
    others.rooms.send(roomId, [member(bob, 'join')]);
    const since = (await replica.sync(bob)).body.next_batch;
    const sent = { ...message(bob, 'mine'), deviceId: 'PHONE', transactionId: 'txn' };
    const [eventId = ''] = others.rooms.send(roomId, [sent]);
    const of = (deviceId: string) => ({ params: { roomId, eventId }, deviceId });
    const unsignedFor = async (deviceId: string) => {
      const event = (await replica.get('client.getOneRoomEvent', bob, of(deviceId))).body;
      const context = (await replica.get('client.getEventContext', bob, of(deviceId))).body.event;
      const page = (await replica.get('client.getRoomEvents', bob, { ...of(deviceId), query: { dir: 'b' } })).body;
      const rooms = [
        (await replica.sync(bob, {}, { deviceId })).body,
        (await replica.sync(bob, { since }, { deviceId })).body,
      ];
      const synced = rooms.map((body) => body.rooms.join[roomId].timeline.events.at(-1));
      return [event, context, page.chunk[0], ...synced].map(({ unsigned }) => unsigned);
    };
    for (const unsigned of await unsignedFor('PHONE'))
      expect(unsigned).toEqual({ age: expect.any(Number), membership: 'join', transaction_id: 'txn' });
    for (const unsigned of await unsignedFor('LAPTOP'))
      expect(unsigned).toEqual({ age: expect.any(Number), membership: 'join' });
  });

  it('in the style of the filter, from memory and from the index', async () => {
    const roomId = '!style:example.org';
    others.rooms.create(roomId, alice);
    const since = (await replica.sync(alice)).body.next_batch;
    const [eventId = ''] = others.rooms.send(roomId, [message(alice, 'styled')]);
    const last = async (filter: object, query: Record<string, string>) => {
      const { rooms } = (await replica.sync(alice, { ...query, filter: JSON.stringify(filter) })).body;
      return rooms.join[roomId].timeline.events.at(-1);
    };
    for (const query of [{}, { since }]) {
      const fields = { event_fields: ['content.body', 'unsigned.membership'] };
      expect(await last(fields, query)).toEqual({ content: { body: 'styled' }, unsigned: { membership: 'join' } });
      const pdu = { room_id: roomId, event_id: eventId, origin_server_ts: expect.any(Number), sender: alice };
      expect(await last({ event_format: 'federation' }, query)).toMatchObject(pdu);
    }
  });

  it('with the membership that its reader had then', async () => {
    const roomId = '!then:example.org';
    others.rooms.create(roomId, alice);
    const send = (event: ScriptedEvent) => others.rooms.send(roomId, [event])[0] ?? '';
    const sent = [
      [send(message(alice, 'before')), 'leave'],
      [send(member(bob, 'invite', alice)), 'invite'],
      [send(message(alice, 'invited')), 'invite'],
      [send(member(bob, 'join')), 'join'],
      [send(message(alice, 'within')), 'join'],
      [send(member(bob, 'leave')), 'leave'],
    ] as const;
    for (const [eventId, membership] of sent) {
      const { body } = await read('client.getOneRoomEvent', roomId, { eventId });
      expect(body.unsigned.membership).toBe(membership);
    }
  });

  it('when the event that it replaced in the state is redacted, though it is in memory', async () => {
    const roomId = '!replaced:example.org';
    others.rooms.create(roomId, alice);
    const topic = (text: string) => ({ sender: alice, type: 'm.room.topic', stateKey: '', content: { topic: text } });
    const [first = ''] = others.rooms.send(roomId, [topic('secret')]);
    const [second = ''] = others.rooms.send(roomId, [topic('harmless')]);
    const eventOf = async (eventId: string) =>
      (await replica.get('client.getOneRoomEvent', alice, { params: { roomId, eventId } })).body;
    expect((await eventOf(second)).unsigned.prev_content).toEqual({ topic: 'secret' });
    const since = (await replica.sync(alice)).body.next_batch;
    const [third = ''] = others.rooms.send(roomId, [topic('public')]);
    others.rooms.redact(roomId, first, alice);
    others.rooms.redact(roomId, second, alice);
    expect((await eventOf(second)).unsigned.prev_content).toEqual({});
    expect((await eventOf(third)).unsigned.prev_content).toEqual({});
    const { timeline } = (await replica.sync(alice, { since })).body.rooms.join[roomId];
    expect(timeline.events.map((event: { unsigned?: object }) => event.unsigned)[0]).toMatchObject({
      prev_content: {},
    });
  });
});

describe('/members at a position', () => {
  const membersAt = async (userId: string, roomId: string, at: string) => {
    const { body } = await replica.get('client.getMembersByRoom', userId, { params: { roomId }, query: { at } });
    return body.chunk
      .map(
        ({ state_key, content }: { state_key: string; content: { membership: string } }) =>
          `${state_key} ${content.membership}`,
      )
      .toSorted();
  };
  const syncedRoom = async (userId: string, roomId: string) =>
    (await replica.sync(userId)).body.rooms.join[roomId].timeline;

  it('has members also when the timeline holds the whole room', async () => {
    const roomId = '!whole:example.org';
    others.rooms.create(roomId, alice);
    others.rooms.send(roomId, [member(bob, 'join')]);
    const { prev_batch, limited } = await syncedRoom(alice, roomId);
    expect(limited).toBe(false);
    expect(await membersAt(alice, roomId, prev_batch)).toEqual([`${alice} join`]);
  });

  it('has none from before the reader came, where visibility is joined', async () => {
    const roomId = '!secret:example.org';
    others.rooms.create(roomId, alice, 'joined');
    others.rooms.send(roomId, [member(mallory, 'join')]);
    const before = (await replica.sync(alice)).body.next_batch;
    others.rooms.send(roomId, [member(mallory, 'leave'), member(bob, 'join')]);
    expect(await membersAt(bob, roomId, before)).toEqual([`${alice} join`, `${bob} join`, `${mallory} leave`]);
    expect(await membersAt(alice, roomId, before)).toEqual([`${alice} join`, `${mallory} join`]);
  });

  it('has none from after the reader left', async () => {
    const roomId = '!left:example.org';
    others.rooms.create(roomId, alice);
    others.rooms.send(roomId, [member(bob, 'join')]);
    others.rooms.send(roomId, [member(bob, 'leave')]);
    others.rooms.send(roomId, [member(mallory, 'join')]);
    const now = (await replica.sync(alice)).body.next_batch;
    expect(await membersAt(bob, roomId, now)).toEqual([`${alice} join`, `${bob} leave`]);
  });
});
