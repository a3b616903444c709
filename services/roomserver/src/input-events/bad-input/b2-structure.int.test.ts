import type { JsonValue } from '@plexus/matrix';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changedPdu } from '../../testing/changed-pdu.ts';
import { joinRemote, push } from '../../testing/input-events.ts';
import { bob, logOf, message, openRoomserver, sent, type TestRoomserver } from '../../testing/open-roomserver.ts';
import { RemoteRoom } from '../../testing/remote-room.ts';
import { RemoteServers } from '../../testing/remote-servers.ts';

const carl = '@carl:one.example';

let roomserver: TestRoomserver;
const servers = new RemoteServers();
let modern: RemoteRoom;
let old: RemoteRoom;
beforeAll(async () => {
  roomserver = await openRoomserver(servers);
  modern = servers.hold(RemoteRoom.open('11'));
  old = servers.hold(RemoteRoom.open('5'));
  await joinRemote(roomserver, modern, bob);
  await joinRemote(roomserver, old, bob);
});
afterAll(() => roomserver.close());

/** Pushes an odd event between two good ones: whatever becomes of it, they come in, and the room works. */
async function pushOdd(odd: string, room = modern): Promise<string> {
  const before = await logOf(roomserver);
  const [first, second] = [room.message(carl, 'first'), room.message(carl, 'second')];
  const outcomes = await push(roomserver, [...room.json(first), odd, ...room.json(second)]);
  expect([outcomes[0], outcomes[2]]).toEqual(['accepted', 'accepted']);
  room.add(
    (
      await roomserver.service.getEvents({
        eventIds: [await sent(roomserver, message(room.roomId, bob, 'on'))],
        positions: [],
      })
    ).events[0]?.json ?? '',
  );
  expect((await logOf(roomserver)).length - before.length).toBe(3);
  return outcomes[1] ?? '';
}

function odd(changes: Record<string, JsonValue | undefined>, room = modern): string {
  return changedPdu(room.get(room.aside(() => room.message(carl, 'odd'))).json, changes);
}

describe('B2: an event of the wrong structure is dropped, and the room goes on', () => {
  const structures: Record<string, Record<string, JsonValue | undefined>> = {
    'content is a list': { content: [] },
    'content is null': { content: null },
    'content is missing': { content: undefined },
    'auth_events is an object': { auth_events: {} },
    'prev_events is text': { prev_events: '$a' },
    'prev_events holds numbers': { prev_events: [1] },
    'prev_events holds lists, as in old rooms': { prev_events: [['$a', { sha256: 'x' }]] },
    'hashes is missing': { hashes: undefined },
    'hashes is a list': { hashes: [] },
    'signatures is text': { signatures: 'x' },
    'signatures of a server is a list': { signatures: { 'one.example': [] } },
    'sender is null': { sender: null },
    'sender is no user id': { sender: 'carl' },
    'type is a number': { type: 1 },
    'type is missing': { type: undefined },
    'state_key is a number': { state_key: 1 },
    'state_key is null': { state_key: null },
    'origin_server_ts is text': { origin_server_ts: '1' },
    'unsigned is a list': { unsigned: [] },
    'depth is null': { depth: null },
  };
  it.each(Object.keys(structures))('%s', async (name) => {
    expect(await pushOdd(odd(structures[name] ?? {}))).toBe('malformed: invalid_key');
  });

  it.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['null', 'null'],
    ['empty', ''],
    ['JSON in JSON', '"{}"'],
    ['a key twice', '{"room_id":"!a:b","room_id":"!c:d"}'],
    ['nested a million deep', '['.repeat(100_000)],
  ])('it is %s', async (_name, text) => {
    expect(await pushOdd(text)).toMatch(/^malformed: (invalid_json|wrong_room)$/);
  });

  it.each([
    ['names no room', { room_id: undefined }],
    ['names a room that is none', { room_id: 'room' }],
  ])('it %s', async (_name, changes) => {
    expect(await pushOdd(odd(changes))).toBe('malformed: wrong_room');
  });

  it('it names a room that is not known', async () => {
    expect(await pushOdd(odd({ room_id: '!unknown:one.example' }))).toBe('missing: unknown_room');
  });

  it('it says in unsigned what is not its to say', async () => {
    const good = modern.get(modern.message(carl, 'x')).json;
    const claimed = changedPdu(good, { unsigned: { redacted_because: {}, age: 1 } });
    expect(await push(roomserver, [claimed])).toEqual(['accepted']);
  });

  it('its type or state key holds a character that no table takes', async () => {
    const nul = modern.aside(() => modern.send({ sender: carl, type: 'a\u0000b', content: {} }));
    expect(await pushOdd(modern.get(nul).json)).toBe('malformed: invalid_key');
    const key = modern.aside(() => modern.send({ sender: carl, type: 'a', stateKey: '\u0000', content: {} }));
    expect(await pushOdd(modern.get(key).json)).toBe('malformed: invalid_key');
  });
});

describe('B3: depth', () => {
  it.each([
    ['negative', '-1'],
    ['2^53', '9007199254740992'],
    ['2^63 - 1', '9223372036854775807'],
    ['text', '"7"'],
    ['with a fraction', '7.5'],
  ])('%s is dropped since room version 6', async (_name, depth) => {
    const text = odd({}).replace(/"depth":\d+/, `"depth":${depth}`);
    expect(await pushOdd(text)).toMatch(/^malformed: (invalid_key|invalid_json)$/);
  });

  it.each([
    ['negative', '-1'],
    ['2^63', '9223372036854775808'],
    ['text', '"7"'],
  ])('%s is dropped before', async (_name, depth) => {
    const text = odd({}, old).replace(/"depth":\d+/, `"depth":${depth}`);
    expect(await pushOdd(text, old)).toMatch(/^malformed: (invalid_key|invalid_json|invalid_signature)$/);
  });

  it('of 2^53 - 1 leaves the room able to go on', async () => {
    const room = servers.hold(RemoteRoom.open('11'));
    await joinRemote(roomserver, room, bob);
    const deep = room.message(carl, 'deep', { depth: Number.MAX_SAFE_INTEGER });
    expect(await push(roomserver, room.json(deep))).toEqual(['accepted']);
    await sent(roomserver, message(room.roomId, bob, 'x'));
    await sent(roomserver, message(room.roomId, bob, 'y'));
  });
});

describe('B4: sizes', () => {
  /** An event of exactly so many bytes. */
  function ofBytes(bytes: number): string {
    const empty = modern.aside(() => modern.message(carl, ''));
    const rest = bytes - Buffer.byteLength(modern.get(empty).json);
    return modern.get(modern.aside(() => modern.message(carl, 'x'.repeat(rest)))).json;
  }

  it.each([65_535, 65_536])('of %i bytes comes in', async (bytes) => {
    const json = ofBytes(bytes);
    expect(Buffer.byteLength(json)).toBe(bytes);
    expect(await push(roomserver, [json])).toEqual(['accepted']);
  });

  it('of 65,537 bytes is dropped, in however few characters', async () => {
    const json = ofBytes(65_536).replace('"body":"xx', '"body":"éx');
    expect(json.length).toBeLessThanOrEqual(65_536);
    expect(await pushOdd(json)).toBe('malformed: event_too_large');
  });

  it('an identifier of 255 bytes comes in, one of 256 is dropped', async () => {
    const type = (bytes: number) => odd({ type: `${'é'.repeat(Math.floor(bytes / 2))}${'x'.repeat(bytes % 2)}` });
    expect(await pushOdd(type(256))).toBe('malformed: invalid_key');
    expect(await pushOdd(type(255))).toBe('malformed: invalid_signature');
  });

  it('20 prev events and 10 auth events come in, one more is dropped', async () => {
    const ids = (count: number) => Array.from({ length: count }, (_, index) => `$${'a'.repeat(42)}${index}`);
    expect(await pushOdd(odd({ prev_events: ids(21) }))).toBe('malformed: too_many_prev_events');
    expect(await pushOdd(odd({ auth_events: ids(11) }))).toBe('malformed: too_many_auth_events');
    expect(await pushOdd(odd({ prev_events: ids(20) }))).toBe('malformed: invalid_signature');
  });

  it('of a transaction of more than 50 events the first 50 are looked at', async () => {
    const events = Array.from({ length: 51 }, () => 'null');
    const outcomes = await push(roomserver, events);
    expect(outcomes.slice(50)).toEqual(['malformed: too_many_events']);
    expect(outcomes.slice(0, 50).every((outcome) => outcome === 'malformed: invalid_json')).toBe(true);
  });
});
