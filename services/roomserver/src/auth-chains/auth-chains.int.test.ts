import { isEventId } from '@plexus/matrix';
import { sql } from '@plexus/postgres';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventKeyOf } from '../domain/event-key.ts';
import { EMPTY_STATE } from '../state-store/state-store.ts';
import { type GraphEvent, insertGraph, insertGraphRoom } from '../testing/insert-graph.ts';
import {
  alice,
  bob,
  event,
  makeRoom,
  member,
  message,
  openRoomserver,
  sent,
  stateOf,
  type TestRoomserver,
} from '../testing/open-roomserver.ts';

let roomserver: TestRoomserver;
beforeAll(async () => {
  roomserver = await openRoomserver();
});
afterAll(() => roomserver.close());

const selectNumber = sql('test_event_number', `SELECT event, snapshot FROM roomserver.events WHERE id_head = $1`);

async function stored(eventId: string): Promise<{ event: number; snapshot: number }> {
  if (!isEventId(eventId)) throw new Error(`${eventId} is no event id`);
  const [row] = await roomserver.database.query<{ event: number; snapshot: number }>(selectNumber, [
    eventKeyOf(eventId).head,
  ]);
  if (row === undefined) throw new Error(`${eventId} is not stored`);
  return row;
}

describe('auth chains of a room', () => {
  it('lead from any event to its create event', async () => {
    const roomId = await makeRoom(roomserver, '11');
    await sent(roomserver, member(roomId, bob, bob, 'join'));
    const topic = await sent(roomserver, event(roomId, alice, 'm.room.topic', { stateKey: '' }));
    const state = await stateOf(roomserver, roomId);
    const numberOf = async (type: string, sender = alice) =>
      (await stored(state.find((each) => each.type === type && each.sender === sender)?.eventId ?? '')).event;
    const chain = await roomserver.context.authChains.chainOf([(await stored(topic)).event]);
    const expected = [
      await numberOf('m.room.create'),
      await numberOf('m.room.member'),
      await numberOf('m.room.power_levels'),
    ];
    expect(chain.toSorted((a, b) => a - b)).toEqual(expected.toSorted((a, b) => a - b));
  });
});

/** Events by their number in the graph; tables know them by that and a number of the room. */
const graphs = fc
  .array(
    fc.record({
      type: fc.integer({ min: 1, max: 3 }),
      stateKey: fc.integer({ min: 1, max: 2 }),
      back: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 4 }),
      inTimeline: fc.boolean(),
      /** When it comes in: in which of four parts, and in which order of them. */
      part: fc.nat({ max: 3 }),
      rank: fc.nat(),
    }),
    { minLength: 2, maxLength: 24 },
  )
  .map((list) =>
    list.map(({ back, ...rest }, index) => ({
      ...rest,
      authEvents: [...new Set(back.map((steps) => index - steps).filter((event) => event >= 0))],
    })),
  );
type Graph = typeof graphs extends fc.Arbitrary<infer T> ? T : never;

let position = 1_000_000;
let room = 1_000_000;

const numberIn = (ofRoom: number, index: number) => ofRoom * 100 + index;

function rowOf(graph: Graph, ofRoom: number, index: number): GraphEvent {
  const drawn = graph[index];
  if (drawn === undefined) throw new RangeError('no such event');
  return {
    event: numberIn(ofRoom, index),
    type: drawn.type,
    stateKey: drawn.stateKey,
    authEvents: drawn.authEvents.map((each) => numberIn(ofRoom, each)),
    position: drawn.inTimeline ? ++position : undefined,
  };
}

/** What is reached among the events that are there. */
function walk(graph: Graph, there: ReadonlySet<number>, from: Iterable<number>): Set<number> {
  const reached = new Set(from);
  for (const event of reached)
    for (const authEvent of graph[event]?.authEvents ?? []) if (there.has(authEvent)) reached.add(authEvent);
  return reached;
}

const sorted = (numbers: Iterable<number>) => [...numbers].sort((a, b) => a - b);

describe('the index of auth chains', () => {
  it('is right whatever the order in which events come in, and whatever is missing', async () => {
    const { authChains, stateStore } = roomserver.context;
    const other = roomserver.openReplica();
    await fc.assert(
      fc.asyncProperty(graphs, fc.array(fc.nat(), { minLength: 12, maxLength: 12 }), async (graph, picks) => {
        const ofRoom = ++room;
        await insertGraphRoom(roomserver.database, ofRoom);
        const there = new Set<number>();
        for (let part = 0; part < 4; part++) {
          const coming = [...graph.keys()]
            .filter((index) => graph[index]?.part === part)
            .sort((a, b) => (graph[a]?.rank ?? 0) - (graph[b]?.rank ?? 0));
          await insertGraph(
            roomserver.database,
            ofRoom,
            coming.map((index) => rowOf(graph, ofRoom, index)),
          );
          for (const index of coming) there.add(index);
          const asked = [...there].filter((_, place) => (picks[place % 12] ?? 0) % 3 === 0);
          // Both processes may find the room behind at the same time.
          const answers = await Promise.all(
            [authChains, other.context.authChains].map((chains) =>
              chains.chainOf(asked.map((index) => numberIn(ofRoom, index))),
            ),
          );
          const direct = asked.flatMap((index) => graph[index]?.authEvents.filter((each) => there.has(each)) ?? []);
          const expected = sorted(walk(graph, there, direct)).map((index) => numberIn(ofRoom, index));
          for (const answer of answers) expect(sorted(answer)).toEqual(expected);
        }
        const states = [0, 1].map((number) => {
          const state = new Map<string, number>();
          for (const [index, { type, stateKey }] of graph.entries())
            if (!state.has(`${type} ${stateKey}`) || (picks[(index + number) % 12] ?? 0) % 2 === 0)
              state.set(`${type} ${stateKey}`, index);
          return state;
        });
        const isAgreed = (place: string) => states[0]?.get(place) === states[1]?.get(place);
        const first = [...(states[0]?.values() ?? [])].flatMap((index) => rowOf(graph, ofRoom, index));
        const { snapshot } = await stateStore.change(EMPTY_STATE, first);
        const inConflict = states.map((state) =>
          [...state].filter(([place]) => !isAgreed(place)).map(([, index]) => numberIn(ofRoom, index)),
        );
        const [one, two] = states.map((state) => walk(graph, there, state.values()));
        const difference = sorted(new Set([...(one ?? []), ...(two ?? [])])).filter(
          (index) => !(one?.has(index) && two?.has(index)),
        );
        expect(sorted(await authChains.difference(inConflict, snapshot))).toEqual(
          difference.map((index) => numberIn(ofRoom, index)),
        );
        const ends = inConflict.flat().map((event) => event - ofRoom * 100);
        const between = sorted(walk(graph, there, ends)).filter((index) =>
          ends.some((end) => walk(graph, there, [index]).has(end)),
        );
        expect(sorted(await authChains.subgraph(inConflict.flat()))).toEqual(
          between.map((index) => numberIn(ofRoom, index)),
        );
      }),
      { numRuns: Number(process.env['PLEXUS_TEST_CASES'] ?? 100_000) / 1_000 },
    );
  }, 3_600_000);

  it('answers about messages, which are not in it, and about nothing', async () => {
    const roomId = await makeRoom(roomserver, '11');
    const sentMessage = await stored(await sent(roomserver, message(roomId, alice, 'hello')));
    const { authChains } = roomserver.context;
    expect(await authChains.chainOf([sentMessage.event])).toHaveLength(3);
    expect(await authChains.chainOf([])).toEqual([]);
    expect(await authChains.chainOf([4_000_000_000_000])).toEqual([]);
    expect(await authChains.difference([[], []], EMPTY_STATE)).toEqual([]);
    expect(await authChains.subgraph([])).toEqual([]);
  });

  it('follows rooms that were resolved once, and those that hear from elsewhere', async () => {
    const { authChains } = roomserver.context;
    const ofRoom = ++room;
    await insertGraphRoom(roomserver.database, ofRoom);
    const chain = Array.from({ length: 300 }, (_, index) => ({
      event: numberIn(ofRoom, 0) * 10 + index,
      type: 3,
      stateKey: 1,
      authEvents: index === 0 ? [] : [numberIn(ofRoom, 0) * 10 + index - 1],
      position: index === 0 ? undefined : ++position,
    }));
    await insertGraph(roomserver.database, ofRoom, chain);
    await authChains.catchUp();
    const indexed = sql(
      'test_indexed',
      `SELECT count(*) AS events, count(DISTINCT chain) AS chains, sum(cardinality(links)) AS links
       FROM roomserver.auth_chains a JOIN roomserver.events e ON e.event = a.event WHERE e.room = $1`,
    );
    expect(await roomserver.database.query(indexed, [ofRoom])).toEqual([{ events: 300, chains: 1, links: 0 }]);
  });

  it('has nothing to do in a room that is being deleted', async () => {
    const ofRoom = ++room;
    await insertGraphRoom(roomserver.database, ofRoom);
    const graph = [{ event: numberIn(ofRoom, 0), type: 1, stateKey: 1, authEvents: [], position: undefined }];
    await insertGraph(roomserver.database, ofRoom, graph);
    await roomserver.database.query(sql('test_delete_room', `DELETE FROM roomserver.rooms WHERE room = $1`), [ofRoom]);
    expect(await roomserver.context.authChains.chainOf([numberIn(ofRoom, 0)])).toEqual([]);
    await roomserver.context.authChains.catchUp();
  });
});
