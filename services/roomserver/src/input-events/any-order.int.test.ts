import type { EventId, RoomVersion } from '@plexus/matrix';
import { sql } from '@plexus/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inputJoin, push, stateIdsOf } from '../testing/input-events.ts';
import { bob, logOf, openRoomserver, type TestRoomserver } from '../testing/open-roomserver.ts';
import { chooser, type RandomRoom, randomRoom } from '../testing/random-room.ts';
import { must } from '../testing/remote-room.ts';
import { RemoteServers } from '../testing/remote-servers.ts';

/** A room of them takes half a second; `PLEXUS_TEST_CASES` says for how many cases there is time. */
const CASES = Number(process.env['PLEXUS_TEST_CASES'] ?? 100_000) / 2_000;
const EVENTS = 30;

const selectRejected = sql(
  'test_select_rejected',
  `SELECT encode(uuid_send(e.id_head), 'hex') AS head, v.verdict, v.reason FROM roomserver.events e
   JOIN roomserver.event_verdicts v ON v.event = e.event JOIN roomserver.rooms r ON r.room = e.room
   WHERE r.room_id = $1 AND v.verdict < 3 AND e.snapshot >= 0 ORDER BY 1`,
);
const selectExtremities = sql(
  'test_select_extremities',
  `SELECT encode(uuid_send(e.id_head), 'hex') AS head FROM roomserver.rooms r JOIN roomserver.room_heads h ON h.room = r.room
   JOIN roomserver.events e ON e.event = ANY(h.extremities) WHERE r.room_id = $1 ORDER BY 1`,
);
const selectRedacted = sql(
  'test_select_redacted',
  `SELECT encode(uuid_send(e.id_head), 'hex') AS head FROM roomserver.events e JOIN roomserver.event_bodies b ON b.event = e.event
   JOIN roomserver.rooms r ON r.room = e.room WHERE r.room_id = $1 AND b.redacted_by IS NOT NULL ORDER BY 1`,
);

const servers = [new RemoteServers(), new RemoteServers()];
let roomservers: TestRoomserver[];
beforeAll(async () => {
  roomservers = await Promise.all(servers.map((each) => openRoomserver(each)));
});
afterAll(async () => {
  for (const each of roomservers) await each.close();
});

/** Delivers the events in an order and in portions that the seed decides; what comes too early is fetched. */
async function deliver(roomserver: TestRoomserver, { room, join, after }: RandomRoom, seed: number): Promise<void> {
  expect(await inputJoin(roomserver, room, join)).toEqual(['accepted']);
  const choose = chooser(seed);
  const order = [...after];
  for (let at = order.length - 1; at > 0; at--) {
    const other = choose(at + 1);
    const [a, b] = [must(order[at]), must(order[other])];
    order[at] = b;
    order[other] = a;
  }
  while (order.length > 0) {
    const outcomes = await push(roomserver, room.json(...order.splice(0, 1 + choose(12))));
    expect(outcomes.filter((outcome) => /missing|malformed/.test(outcome))).toEqual([]);
  }
}

async function roomAsStored(roomserver: TestRoomserver, roomId: string) {
  const { database } = roomserver;
  return {
    state: await stateIdsOf(roomserver, roomId),
    rejected: await database.query(selectRejected, [roomId]),
    extremities: await database.query(selectExtremities, [roomId]),
    redacted: await database.query(selectRedacted, [roomId]),
  };
}

/** What somebody has who only ever saw the log. */
async function stateByLog(roomserver: TestRoomserver, roomId: string): Promise<string[]> {
  const state = new Map<string, string>();
  for (const { kind } of await logOf(roomserver)) {
    if (kind?.$case !== 'event' || kind.value.roomId !== roomId) continue;
    for (const { type, stateKey, eventId } of kind.value.stateChanges) {
      if (eventId === undefined) state.delete(`${type} ${stateKey}`);
      else state.set(`${type} ${stateKey}`, eventId);
    }
  }
  return [...state.values()].sort();
}

describe('events that arrive in any order', () => {
  const versions: RoomVersion[] = ['2', '6', '9', '11', '12'];
  it.each(Array.from({ length: CASES }, (_, index) => index))(
    'make the same room, room %i',
    { timeout: 120_000 },
    async (seed) => {
      const version = must(versions[seed % versions.length]);
      const random = randomRoom(version, seed, EVENTS, bob);
      const { room, after } = random;
      for (const each of servers) each.hold(room);
      const [one, two] = [must(roomservers[0]), must(roomservers[1])];
      await deliver(one, random, seed + 1);
      await deliver(two, random, seed + 2);
      const last: EventId = must(after.at(-1));
      const expected = [...room.get(last).stateAfter.values()].sort();
      const stored = await roomAsStored(one, room.roomId);
      expect(stored.state).toEqual(expected);
      expect(stored.rejected.length).toBe(after.filter((eventId) => room.get(eventId).rejected).length);
      expect(stored.extremities.length).toBe(1);
      expect(await roomAsStored(two, room.roomId)).toEqual(stored);
      expect(await stateByLog(one, room.roomId)).toEqual(expected);
    },
  );

  it('are read from the log as they were published, but for what was redacted since', async () => {
    for (const roomserver of roomservers) {
      const log = await logOf(roomserver);
      const withoutTexts = ({ position, kind }: (typeof log)[number]) =>
        kind?.$case === 'event' ? { position, ...kind.value, json: '', prevContent: '' } : { position };
      expect(roomserver.published.map(withoutTexts)).toEqual(log.map(withoutTexts));
    }
  });
});
