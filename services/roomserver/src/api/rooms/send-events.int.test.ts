import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  alice,
  bob,
  carol,
  event,
  eventOf,
  logOf,
  makeRoom,
  member,
  message,
  openRoomserver,
  refusedWith,
  send,
  sent,
  stateOf,
  type TestRoomserver,
} from '../../testing/open-roomserver.ts';

let roomserver: TestRoomserver;
beforeAll(async () => {
  roomserver = await openRoomserver();
});
afterAll(() => roomserver.close());

describe.each(['10', '11', '12'])('sendEvents in version %s', (version) => {
  it('accepts messages of members, each built on the one before', async () => {
    const roomId = await makeRoom(roomserver, version);
    const { results } = await roomserver.service.sendEvents({
      events: ['one', 'two', 'three'].map((body) => message(roomId, alice, body)),
    });
    const ids = results.map(({ result }) => (result?.$case === 'eventId' ? result.value : ''));
    const { events } = await roomserver.service.getEvents({ eventIds: ids, positions: [] });
    const byId = new Map(events.map((each) => [each.eventId, JSON.parse(each.json)]));
    expect(ids.map((id) => byId.get(id)?.content.body)).toEqual(['one', 'two', 'three']);
    expect(byId.get(ids[1] ?? '').prev_events).toEqual([ids[0]]);
    expect(byId.get(ids[2] ?? '').prev_events).toEqual([ids[1]]);
    expect(byId.get(ids[2] ?? '').depth).toBe(8);
  });

  it('lets join who may, and refuses who may not', async () => {
    const roomId = await makeRoom(roomserver, version);
    expect(await refusedWith(roomserver, message(roomId, bob, 'hello'))).toBe('M_FORBIDDEN');
    await sent(roomserver, member(roomId, bob, bob, 'join'));
    await sent(roomserver, message(roomId, bob, 'hello'));
    expect(await refusedWith(roomserver, event(roomId, bob, 'm.room.name', { stateKey: '' }))).toBe('M_FORBIDDEN');
    await sent(roomserver, member(roomId, alice, bob, 'ban'));
    expect(await refusedWith(roomserver, message(roomId, bob, 'hello'))).toBe('M_FORBIDDEN');
    expect(await refusedWith(roomserver, member(roomId, bob, bob, 'join'))).toBe('M_FORBIDDEN');
    const { rooms } = await roomserver.service.queryMembers({ roomIds: [roomId], memberships: ['ban'] });
    expect(rooms[0]?.members.map(({ userId }) => userId)).toEqual([bob]);
  });

  it('redacts for those who may, and serves the redacted event from then on', async () => {
    const roomId = await makeRoom(roomserver, version);
    await sent(roomserver, member(roomId, bob, bob, 'join'));
    const target = await sent(roomserver, message(roomId, alice, 'secret'));
    const redaction = await sent(roomserver, event(roomId, alice, 'm.room.redaction', { redacts: target }));
    const redacted = await eventOf(roomserver, target);
    expect(JSON.parse(redacted.json).content).toEqual({});
    expect(redacted.redactedBy).toBe(redaction);
    expect(JSON.parse(redacted.redactedBecause ?? '').type).toBe('m.room.redaction');
    expect(JSON.stringify((await logOf(roomserver)).slice(-2))).not.toContain('secret');
    expect((await logOf(roomserver)).at(-1)?.kind).toEqual({
      $case: 'redacted',
      value: { roomId, eventId: target, redactionEventId: redaction, json: redacted.json },
    });
  });
});

describe('sendEvents', () => {
  it('makes one event of a transaction id, whoever asks how often', async () => {
    const roomId = await makeRoom(roomserver);
    const item = message(roomId, alice, 'once', { deviceId: 'D', transactionId: 'T' });
    const other = roomserver.openReplica();
    const ids = await Promise.all(
      Array.from({ length: 12 }, (_, index) => sent(index % 2 === 0 ? roomserver : other, item)),
    );
    expect(new Set(ids).size).toBe(1);
    // A process that starts after a crash knows nothing but the tables.
    expect(await sent(roomserver.openReplica(), item)).toBe(ids[0]);
    const entries = (await logOf(roomserver)).filter(
      ({ kind }) => kind?.$case === 'event' && kind.value.eventId === ids[0],
    );
    expect(entries).toHaveLength(1);
    const { senderDeviceId, transactionId } = await eventOf(roomserver, ids[0] ?? '');
    expect({ senderDeviceId, transactionId }).toEqual({ senderDeviceId: 'D', transactionId: 'T' });
  });

  it('tells transactions of other devices, users, rooms and types apart', async () => {
    const [roomId, otherRoom] = [await makeRoom(roomserver), await makeRoom(roomserver)];
    await sent(roomserver, member(roomId, bob, bob, 'join'));
    const transaction = { deviceId: 'D', transactionId: 'T' };
    const ids = [
      await sent(roomserver, message(roomId, alice, 'x', transaction)),
      await sent(roomserver, message(roomId, bob, 'x', transaction)),
      await sent(roomserver, message(roomId, alice, 'x', { ...transaction, deviceId: 'E' })),
      await sent(roomserver, message(otherRoom, alice, 'x', transaction)),
      await sent(roomserver, event(roomId, alice, 'm.reaction', transaction)),
    ];
    expect(new Set(ids).size).toBe(5);
  });

  it('answers a state that is set already with the event that set it', async () => {
    const roomId = await makeRoom(roomserver);
    const topic = event(roomId, alice, 'm.room.topic', { stateKey: '', content: { topic: 'a', b: [1, { c: 2 }] } });
    const first = await sent(roomserver, topic);
    expect(await sent(roomserver, { ...topic, content: '{"b":[1,{"c":2}],"topic":"a"}' })).toBe(first);
    expect(await sent(roomserver.openReplica(), topic)).toBe(first);
    const second = await sent(
      roomserver,
      event(roomId, alice, 'm.room.topic', { stateKey: '', content: { topic: 'b' } }),
    );
    expect(second).not.toBe(first);
    const stored = await eventOf(roomserver, second);
    expect([stored.replacesState, stored.prevContent]).toEqual([first, '{"b":[1,{"c":2}],"topic":"a"}']);
  });

  it('refuses malformed events with the errcode of the specification, and changes nothing', async () => {
    const roomId = await makeRoom(roomserver);
    const before = await logOf(roomserver);
    const refused = (rest: Parameters<typeof message>[3]) => refusedWith(roomserver, message(roomId, alice, '', rest));
    expect(await refused({ content: '{"a":1.5}' })).toBe('M_BAD_JSON');
    expect(await refused({ content: '{"a":1e400}' })).toBe('M_BAD_JSON');
    expect(await refused({ content: '{"a":9007199254740992}' })).toBe('M_BAD_JSON');
    expect(await refused({ content: '{"a":"\\ud800"}' })).toBe('M_BAD_JSON');
    expect(await refused({ content: '"text"' })).toBe('M_BAD_JSON');
    expect(await refused({ content: `${'{"a":'.repeat(200)}1${'}'.repeat(200)}` })).toBe('M_BAD_JSON');
    expect(await refused({ content: '{' })).toBe('M_NOT_JSON');
    expect(await refused({ content: { body: 'x'.repeat(65_000) } })).toBe('M_TOO_LARGE');
    expect(await refused({ content: { body: 'x'.repeat(100_000) } })).toBe('M_TOO_LARGE');
    expect(await refused({ sender: 'alice' })).toBe('M_INVALID_PARAM');
    expect(await refused({ type: '' })).toBe('M_INVALID_PARAM');
    expect(await refused({ type: 't'.repeat(256) })).toBe('M_INVALID_PARAM');
    expect(await refused({ type: 'a\0b' })).toBe('M_INVALID_PARAM');
    expect(await refused({ type: 'a', stateKey: 's'.repeat(256) })).toBe('M_INVALID_PARAM');
    expect(await refused({ type: 'a', stateKey: '\0' })).toBe('M_INVALID_PARAM');
    expect(await refused({ originServerTs: -1 })).toBe('M_INVALID_PARAM');
    expect(await refused({ roomId: '!nowhere:example.org' })).toBe('M_NOT_FOUND');
    expect(await refused({ roomId: 'nonsense' })).toBe('M_NOT_FOUND');
    expect(await refused({ type: 'm.room.member', stateKey: bob, content: { membership: 'guest' } })).toBe(
      'M_BAD_JSON',
    );
    expect(await refused({ type: 'm.room.create', stateKey: '' })).toBe('M_FORBIDDEN');
    expect(await refused({ type: 'a', stateKey: bob })).toBe('M_FORBIDDEN');
    expect(await refused({ type: 'm.room.power_levels', stateKey: '', content: { ban: '50' } })).toBe('M_BAD_JSON');
    expect(await logOf(roomserver)).toEqual(before);
  });

  it('answers each item of a request by itself', async () => {
    const roomId = await makeRoom(roomserver);
    const { results } = await roomserver.service.sendEvents({
      events: [
        message(roomId, alice, 'a'),
        message(roomId, bob, 'b'),
        message('!x:example.org', alice, 'c'),
        message(roomId, alice, 'd'),
      ],
    });
    expect(results.map(({ result }) => result?.$case)).toEqual(['eventId', 'error', 'error', 'eventId']);
  });

  it('judges each event by the state that those before it in the request have made', async () => {
    const roomId = await makeRoom(roomserver);
    const { results } = await roomserver.service.sendEvents({
      events: [
        member(roomId, bob, bob, 'join'),
        message(roomId, bob, 'hello'),
        member(roomId, alice, bob, 'leave'),
        message(roomId, bob, 'hello again'),
      ],
    });
    expect(results.map(({ result }) => result?.$case)).toEqual(['eventId', 'eventId', 'eventId', 'error']);
  });

  it("takes an application service's time for its event", async () => {
    const roomId = await makeRoom(roomserver);
    const id = await sent(roomserver, message(roomId, alice, 'then', { originServerTs: 1_000 }));
    expect((await eventOf(roomserver, id)).originServerTs).toBe(1_000);
  });

  it("refuses to redact what is not there and what is not one's own", async () => {
    const [roomId, other] = [await makeRoom(roomserver), await makeRoom(roomserver)];
    const elsewhere = await sent(roomserver, message(other, alice, 'x'));
    const redact = (redacts: string | undefined) => event(roomId, alice, 'm.room.redaction', { redacts });
    expect(await refusedWith(roomserver, redact(`$${'a'.repeat(43)}`))).toBe('M_NOT_FOUND');
    expect(await refusedWith(roomserver, redact(elsewhere))).toBe('M_NOT_FOUND');
    expect(await refusedWith(roomserver, redact('x'))).toBe('M_INVALID_PARAM');
    expect(await refusedWith(roomserver, redact(undefined))).toBe('M_MISSING_PARAM');
  });

  it('redacts once: a second redaction is an event and no more', async () => {
    const roomId = await makeRoom(roomserver);
    const target = await sent(roomserver, message(roomId, alice, 'x'));
    const first = await sent(
      roomserver,
      event(roomId, alice, 'm.room.redaction', { redacts: target, content: { reason: 'a' } }),
    );
    await sent(roomserver, event(roomId, alice, 'm.room.redaction', { redacts: target, content: { reason: 'b' } }));
    expect((await eventOf(roomserver, target)).redactedBy).toBe(first);
  });

  it('keeps a redacted state in the state', async () => {
    const roomId = await makeRoom(roomserver);
    const topic = await sent(
      roomserver,
      event(roomId, alice, 'm.room.topic', { stateKey: '', content: { topic: 'x' } }),
    );
    await sent(roomserver, event(roomId, alice, 'm.room.redaction', { redacts: topic }));
    const [current] = (await stateOf(roomserver, roomId)).filter(({ type }) => type === 'm.room.topic');
    expect(current?.eventId).toBe(topic);
    expect(JSON.parse(current?.json ?? '').content).toEqual({});
    const again = await sent(
      roomserver,
      event(roomId, alice, 'm.room.topic', { stateKey: '', content: { topic: 'x' } }),
    );
    expect(again).not.toBe(topic);
    expect((await eventOf(roomserver, again)).prevContent).toBe('{}');
  });
});

describe('joining by the rules of the room', () => {
  const rules = (content: object) => [
    { type: 'm.room.member', stateKey: alice, content: '{"membership":"join"}' },
    { type: 'm.room.join_rules', stateKey: '', content: JSON.stringify(content) },
  ];
  const allow = (roomId: string) => [{ type: 'm.room_membership', room_id: roomId }];

  it('shows the invited the stripped state of the room', async () => {
    const roomId = await makeRoom(roomserver);
    const invite = await sent(roomserver, member(roomId, alice, bob, 'invite'));
    const entry = (await logOf(roomserver)).at(-1)?.kind;
    if (entry?.$case !== 'event') throw new Error('no event');
    expect(entry.value.eventId).toBe(invite);
    const stripped = entry.value.strippedState.map((text) => JSON.parse(text));
    expect(stripped.map(({ type }) => type)).toEqual([
      'm.room.create',
      'm.room.name',
      'm.room.join_rules',
      'm.room.member',
    ]);
    expect(Object.keys(stripped[1])).toEqual(['content', 'sender', 'state_key', 'type']);
  });

  it('lets the members of an allowed room into a restricted one, vouched for by a user of this server', async () => {
    const space = await makeRoom(roomserver, '11');
    const roomId = await makeRoom(roomserver, '11', {
      events: rules({ join_rule: 'restricted', allow: allow(space) }),
    });
    await sent(roomserver, member(space, bob, bob, 'join'));
    const joined = await sent(roomserver, member(roomId, bob, bob, 'join'));
    expect(JSON.parse((await eventOf(roomserver, joined)).json).content.join_authorised_via_users_server).toBe(alice);
    expect(await refusedWith(roomserver, member(roomId, carol, carol, 'join'))).toBe('M_FORBIDDEN');
  });

  it('believes no client that names its own authoriser', async () => {
    const space = await makeRoom(roomserver, '11');
    const roomId = await makeRoom(roomserver, '11', {
      events: rules({ join_rule: 'restricted', allow: allow(space) }),
    });
    const claim = member(roomId, carol, carol, 'join', { join_authorised_via_users_server: alice });
    expect(await refusedWith(roomserver, claim)).toBe('M_FORBIDDEN');
  });

  it('lets knock where knocking is allowed, and shows the state to who knocks', async () => {
    const roomId = await makeRoom(roomserver, '11', { events: rules({ join_rule: 'knock' }) });
    expect(await refusedWith(roomserver, member(roomId, bob, bob, 'join'))).toBe('M_FORBIDDEN');
    await sent(roomserver, member(roomId, bob, bob, 'knock'));
    const entry = (await logOf(roomserver)).at(-1)?.kind;
    expect(entry?.$case === 'event' && entry.value.strippedState.length).toBe(2);
    await sent(roomserver, member(roomId, alice, bob, 'invite'));
    await sent(roomserver, member(roomId, bob, bob, 'join'));
    const closed = await makeRoom(roomserver, '11');
    const answer = await send(roomserver, member(closed, bob, bob, 'knock'));
    expect(answer?.$case === 'error' && answer.value.errcode).toBe('M_FORBIDDEN');
  });
});
