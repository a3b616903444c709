import { sql } from '@plexus/postgres';
import { testObservability } from '@plexus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  alice,
  event,
  makeRoom,
  openRoomserver,
  type Replica,
  sent,
  stateOf,
  type TestRoomserver,
} from '../testing/open-roomserver.ts';
import { nodeAddress } from './node-address.ts';
import { encodeLeaf } from './node-codec.ts';
import { byPlace } from './place-order.ts';
import { EMPTY_STATE, type StateEntry } from './state-store.ts';
import { MapState } from './testing/map-state.ts';
import { drawFrom, randomChanges, randomEntries } from './testing/random-states.ts';
import { writeNodes } from './testing/write-nodes.ts';
import { TreeStateStore } from './tree-state-store.ts';

const insertNode = sql(
  'test_insert_state_node',
  `INSERT INTO roomserver.state_nodes (address, generation, content) VALUES ($1, 0, $2)`,
);
const selectSnapshot = sql(
  'test_select_head_snapshot',
  `SELECT h.snapshot FROM roomserver.rooms r JOIN roomserver.room_heads h ON h.room = r.room WHERE r.room_id = $1`,
);
const selectLastEvent = sql('test_select_last_event', `SELECT max(event) AS event FROM roomserver.events`);

let roomserver: TestRoomserver;
beforeAll(async () => {
  roomserver = await openRoomserver();
});
afterAll(() => roomserver.close());

/** A store that has nothing in memory yet. */
function coldStore(): TreeStateStore {
  return new TreeStateStore(roomserver.database, testObservability('roomserver'));
}

async function topic(replica: Replica, roomId: string, text: string): Promise<string> {
  return sent(replica, event(roomId, alice, 'm.room.topic', { stateKey: '', content: { topic: text } }));
}

describe('states in the database', () => {
  it('are what a map holds, read by another process', async () => {
    const draw = drawFrom(7);
    const states: { snapshot: number; map: MapState }[] = [{ snapshot: EMPTY_STATE, map: new MapState([]) }];
    const writer = coldStore();
    for (let count = 0; count < 60; count++) {
      const base = states[draw(states.length)];
      if (base === undefined) continue;
      const changes = count === 0 ? randomEntries(draw) : randomChanges(draw, base.map.entries);
      const write = await writer.change(base.snapshot, changes);
      await writeNodes(roomserver.database, write.nodes);
      states.push({ snapshot: write.snapshot, map: base.map.with(changes) });
    }
    const reader = coldStore();
    const read = await reader.read(states.map(({ snapshot }) => snapshot));
    for (const { snapshot, map } of states) {
      expect([...(read.get(snapshot) ?? [])].sort(byPlace)).toEqual(map.entries);
      const places = map.entries.slice(0, 9);
      expect(await coldStore().at(snapshot, places)).toEqual(places);
    }
    const three = [4, 30, 55].flatMap((index) => states[index] ?? []);
    expect(await coldStore().compare(three.map(({ snapshot }) => snapshot))).toEqual(
      MapState.differences(three.map(({ map }) => map)),
    );
  });

  it('have one number when they are equal, whichever process made them, at the same time too', async () => {
    const entries: StateEntry[] = Array.from({ length: 500 }, (_, index) => ({
      type: 2,
      stateKey: index + 1,
      event: 5_000_000 + index,
    }));
    const ways = [entries, entries.toReversed(), [...entries.slice(250), ...entries.slice(0, 250)]];
    const writes = await Promise.all(
      ways.map(async (way) => {
        const store = coldStore();
        const half = await store.change(EMPTY_STATE, way.slice(0, 300));
        const whole = await store.change(half.snapshot, way.slice(300));
        await Promise.all([writeNodes(roomserver.database, half.nodes), writeNodes(roomserver.database, whole.nodes)]);
        return whole.snapshot;
      }),
    );
    expect(new Set(writes).size).toBe(1);
    const read = await coldStore().read(writes);
    expect(read.get(writes[0] ?? 0)).toHaveLength(500);
  });

  it('are loaded in a round trip a level, however many are asked for', async () => {
    const store = coldStore();
    const entries = Array.from({ length: 3_000 }, (_, index) => ({ type: 2, stateKey: index + 1, event: index + 1 }));
    const base = await store.change(EMPTY_STATE, entries);
    const others = await Promise.all(
      entries
        .slice(0, 40)
        .map(({ event: number, ...place }) => store.change(base.snapshot, [{ ...place, event: number + 10_000 }])),
    );
    for (const { nodes } of [base, ...others]) await writeNodes(roomserver.database, nodes);
    let roundTrips = 0;
    const counted: TreeStateStore = new TreeStateStore(
      {
        query: (statement, values) => {
          roundTrips++;
          return roomserver.database.query(statement, values);
        },
      },
      testObservability('roomserver'),
    );
    const read = await Promise.all(
      others.map(({ snapshot }, index) => counted.at(snapshot, entries.slice(index, index + 1))),
    );
    expect(read.map(([entry]) => entry?.event)).toEqual(others.map((_, index) => 10_001 + index));
    expect(roundTrips).toBeLessThanOrEqual(4);
    await counted.compare(others.map(({ snapshot }) => snapshot));
    expect(roundTrips).toBeLessThanOrEqual(8);
  });
});

describe('an address that another content has', () => {
  it('is found out by the commit, and the event is built with others', async () => {
    const roomId = await makeRoom(roomserver);
    await topic(roomserver, roomId, 'one');
    const [head] = await roomserver.database.query<{ snapshot: number }>(selectSnapshot, [roomId]);
    const [last] = await roomserver.database.query<{ event: number }>(selectLastEvent, []);
    const state = (await coldStore().read([head?.snapshot ?? 0])).get(head?.snapshot ?? 0) ?? [];
    const place = state.find(({ event: number }) => number === last?.event) ?? { type: 0, stateKey: 0 };
    const next = new MapState(state).with([{ ...place, event: (last?.event ?? 0) + 1 }]);
    const taken = nodeAddress(encodeLeaf(next.entries));
    await roomserver.database.query(insertNode, [taken, encodeLeaf([{ type: 1, stateKey: 1, event: 1 }])]);
    const eventId = await topic(roomserver, roomId, 'two');
    const [after] = await roomserver.database.query<{ event: number }>(selectLastEvent, []);
    expect(after?.event).toBe((last?.event ?? 0) + 2);
    for (const replica of [roomserver, roomserver.openReplica()])
      expect((await stateOf(replica, roomId)).map((each) => each.eventId)).toContain(eventId);
  });

  it('is not used again by a process that knows', async () => {
    const store = coldStore();
    const entries = [{ type: 9, stateKey: 9, event: 9 }];
    const refused = await store.change(EMPTY_STATE, entries);
    await roomserver.database.query(insertNode, [refused.snapshot, encodeLeaf([{ type: 1, stateKey: 1, event: 2 }])]);
    await expect(writeNodes(roomserver.database, refused.nodes)).rejects.toMatchObject({
      constraint: 'state_nodes_one_content',
    });
    await store.learnAddresses([refused]);
    const again = await store.change(EMPTY_STATE, entries);
    expect(again.snapshot).not.toBe(refused.snapshot);
    await writeNodes(roomserver.database, again.nodes);
    expect((await coldStore().read([again.snapshot])).get(again.snapshot)).toEqual(entries);
  });
});
