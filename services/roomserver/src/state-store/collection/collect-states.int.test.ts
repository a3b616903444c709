import { randomUUID } from 'node:crypto';
import { systemRandom } from '@plexus/observability';
import { sql } from '@plexus/postgres';
import { eventually, testObservability } from '@plexus/testkit';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { insertNodes } from '../../storage/first-format-rows.ts';
import {
  alice,
  event,
  makeRoom,
  message,
  openRoomserver,
  type Replica,
  send,
  sent,
  type TestRoomserver,
} from '../../testing/open-roomserver.ts';
import { decodeNode } from '../node-codec.ts';
import type { StateNode } from '../node-lookup.ts';
import { byPlace } from '../place-order.ts';
import { EMPTY_STATE } from '../state-store.ts';
import { type ReplayedEvent, replay } from '../testing/replay.ts';
import { writeNodes } from '../testing/write-nodes.ts';
import { StateCollector } from './collect-states.ts';

const selectAllNodes = sql('test_select_all_state_nodes', `SELECT address, content FROM roomserver.state_nodes`);
const selectRoots = sql(
  'test_select_all_roots',
  `SELECT snapshot FROM roomserver.events WHERE snapshot > 0 UNION SELECT snapshot FROM roomserver.room_heads WHERE snapshot > 0`,
);
const selectPhase = sql('test_select_collection_phase', `SELECT phase FROM roomserver.state_collection`);
const endClaim = sql('test_end_collection_claim', `UPDATE roomserver.state_collection SET claimed_until = '-infinity'`);
const deleteSomeEvents = sql(
  'test_delete_some_events',
  `DELETE FROM roomserver.events WHERE event IN (
     SELECT e.event FROM roomserver.events e JOIN roomserver.rooms r ON r.room = e.room WHERE r.room_id = $1 ORDER BY e.event LIMIT $2)
   RETURNING event`,
);
/** All but the last 30, as a purge of the room's history would. */
const deleteOldEvents = sql(
  'test_delete_old_events',
  `DELETE FROM roomserver.events WHERE event IN (
     SELECT e.event FROM roomserver.events e JOIN roomserver.rooms r ON r.room = e.room WHERE r.room_id = $1
     ORDER BY e.position DESC OFFSET 30)`,
);
const deleteHead = sql(
  'test_delete_head',
  `DELETE FROM roomserver.room_heads WHERE room = (SELECT room FROM roomserver.rooms WHERE room_id = $1)`,
);
const selectRoomEvents = sql(
  'test_select_room_events',
  `SELECT e.event, e.snapshot FROM roomserver.events e JOIN roomserver.rooms r ON r.room = e.room
   WHERE r.room_id = $1 AND e.snapshot > 0 ORDER BY e.event`,
);
const referFromEvent = sql('test_refer_from_event', `UPDATE roomserver.events SET snapshot = $2 WHERE event = $1`);
const deleteEvent = sql('test_delete_event', `DELETE FROM roomserver.events WHERE event = $1`);
const countWaiting = sql(
  'test_count_waiting_deletes',
  `SELECT count(*)::int AS waiting FROM pg_stat_activity
   WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%DELETE FROM roomserver.state_nodes%'`,
);

let roomserver: TestRoomserver;
const opened: TestRoomserver[] = [];
beforeEach(async () => {
  roomserver = await openRoomserver();
  opened.push(roomserver);
});
afterAll(async () => {
  for (const each of opened) await each.close();
});

function collector(rowsPerStep = 40): StateCollector {
  const observability = testObservability('roomserver');
  return new StateCollector({
    database: roomserver.database,
    random: systemRandom,
    metrics: roomserver.context.metrics,
    log: observability.log,
    process: randomUUID(),
    intervalMs: 0,
    rowsPerStep,
    pagesPerStep: 1,
  });
}

async function finish(collecting: StateCollector): Promise<void> {
  while (await collecting.step());
}

async function phase(): Promise<string | undefined> {
  return (await roomserver.database.query<{ phase: string }>(selectPhase, []))[0]?.phase;
}

async function untilSweeping(collecting: StateCollector): Promise<void> {
  do await collecting.step();
  while ((await phase()) !== 'sweeping');
}

async function topic(replica: Replica, roomId: string, text: string): Promise<string> {
  return sent(replica, event(roomId, alice, 'm.room.topic', { stateKey: '', content: { topic: text } }));
}

async function members(roomId: string, count: number): Promise<void> {
  const users = Array.from({ length: count }, (_, index) => `@member${index}:example.org`);
  await roomserver.service.sendEvents({
    events: users.map((user) =>
      event(roomId, user, 'm.room.member', { stateKey: user, content: { membership: 'join' } }),
    ),
  });
}

/** Addresses of nodes that are there, and of those that something refers to. */
async function nodes(): Promise<{ there: Set<number>; reachable: Set<number> }> {
  const rows = await roomserver.database.query<StateNode>(selectAllNodes, []);
  const contents = new Map(rows.map(({ address, content }) => [address, content]));
  const reachable = new Set<number>();
  const open = (await roomserver.database.query<{ snapshot: number }>(selectRoots, [])).map(({ snapshot }) => snapshot);
  for (let address = open.pop(); address !== undefined; address = open.pop()) {
    if (address === EMPTY_STATE || reachable.has(address)) continue;
    reachable.add(address);
    const content = contents.get(address);
    if (content === undefined) throw new Error(`node ${address} is missing`);
    const node = decodeNode(content);
    if (node.kind === 'inner') open.push(...node.children);
  }
  return { there: new Set(contents.keys()), reachable };
}

/** An unreachable state of so many entries, written as a commit would have. */
async function orphan(seed: number, entries = 200): Promise<{ root: number; nodes: readonly StateNode[] }> {
  const changes = Array.from({ length: entries }, (_, index) => ({
    type: 2,
    stateKey: index + 1,
    event: seed + index,
  }));
  const write = await roomserver.context.stateStore.change(EMPTY_STATE, changes);
  await writeNodes(roomserver.database, write.nodes);
  return { root: write.snapshot, nodes: write.nodes };
}

async function deleteRoom(roomId: string): Promise<void> {
  while ((await roomserver.database.query(deleteSomeEvents, [roomId, 7])).length > 0);
  await roomserver.database.query(deleteHead, [roomId]);
}

describe('a collection', () => {
  it('removes what nothing refers to, and nothing else', async () => {
    const [kept, doomed] = [await makeRoom(roomserver), await makeRoom(roomserver, '12')];
    for (const roomId of [kept, doomed]) {
      await members(roomId, 60);
      for (let count = 0; count < 20; count++) await topic(roomserver, roomId, `${count}`);
    }
    await orphan(7_000_000);
    await deleteRoom(doomed);
    const before = await nodes();
    await finish(collector());
    const after = await nodes();
    expect(after.there).toEqual(before.reachable);
    expect(after.there.size).toBeLessThan(before.there.size / 2);
    await expectStates(await replay(roomserver.database));
    await topic(roomserver, kept, 'works on');
  });

  it('keeps a node that a commit brings again after it was found unreachable', async () => {
    const { root, nodes: again } = await orphan(8_000_000);
    const collecting = collector();
    await untilSweeping(collecting);
    // As the commit does, which is not committed yet when the sweep comes to the nodes.
    const sweeping = await roomserver.database.transaction(async (transaction) => {
      const sorted = again.toSorted((a, b) => a.address - b.address);
      await transaction.query(insertNodes, [
        sorted.map(({ address }) => address),
        sorted.map(({ content }) => content),
      ]);
      const swept = { done: finish(collecting) };
      await eventually('the sweep waits for the commit', async () => {
        const [row] = await roomserver.database.query<{ waiting: number }>(countWaiting, []);
        return (row?.waiting ?? 0) > 0;
      });
      return swept;
    });
    await sweeping.done;
    const read = await roomserver.openReplica().context.stateStore.read([root]);
    expect(read.get(root)).toHaveLength(200);
  });

  it('keeps a state that moves from a deleted event to one that was looked at already', async () => {
    const roomId = await makeRoom(roomserver);
    for (let count = 0; count < 30; count++) await topic(roomserver, roomId, `${count}`);
    const events = await roomserver.database.query<{ event: number; snapshot: number }>(selectRoomEvents, [roomId]);
    const [early, late] = [events.at(0), events.at(20)];
    if (early === undefined || late === undefined) throw new Error('the room has too few events');
    const collecting = collector(6);
    for (let step = 0; step < 3; step++) await collecting.step();
    await roomserver.database.transaction(async (transaction) => {
      await transaction.query(referFromEvent, [early.event, late.snapshot]);
      await transaction.query(deleteEvent, [late.event]);
    });
    await finish(collecting);
    const { there, reachable } = await nodes();
    expect(reachable.has(late.snapshot)).toBe(true);
    expect([...reachable].filter((address) => !there.has(address))).toEqual([]);
  });

  it('is begun anew by another process when its own dies, and then removes nothing more', async () => {
    const roomId = await makeRoom(roomserver);
    const { root } = await orphan(9_000_000);
    const first = collector();
    await untilSweeping(first);
    const second = collector();
    expect(await second.step()).toBe(false);
    await roomserver.database.query(endClaim, []);
    expect(await second.step()).toBe(true);
    expect(await first.step()).toBe(false);
    expect((await nodes()).there.has(root)).toBe(true);
    await finish(second);
    expect((await nodes()).there.has(root)).toBe(false);
    await topic(roomserver, roomId, 'works on');
  });

  it('refuses what was built on the state of an event that is deleted meanwhile', async () => {
    const roomId = await makeRoom(roomserver);
    await topic(roomserver, roomId, 'one');
    const forksBefore = await retries(roomserver);
    await roomserver.database.query(deleteSomeEvents, [roomId, 1]);
    await topic(roomserver, roomId, 'two');
    expect(await retries(roomserver)).toBeGreaterThan(forksBefore);
  });

  it('goes on while rooms are written to, made, deleted and lose their history', { timeout: 120_000 }, async () => {
    const replicas = [roomserver, roomserver.openReplica(), roomserver.openReplica()];
    const lasting = await Promise.all(['10', '11', '12'].map((version) => makeRoom(roomserver, version)));
    let working = true;
    let written = 0;
    const writers = replicas.map(async (replica, index) => {
      for (let count = 0; working; count++) {
        const roomId = lasting[(count + index) % lasting.length] ?? '';
        await topic(replica, roomId, `${index} ${count}`);
        await sent(replica, message(roomId, alice, `${index} ${count}`));
        written += 2;
      }
    });
    const deleter = (async () => {
      for (let count = 0; working; count++) {
        const doomed = await makeRoom(replicas[count % 3] ?? roomserver);
        const last = Array.from({ length: 8 }, (_, index) =>
          send(
            replicas[index % 3] ?? roomserver,
            event(doomed, alice, 'm.room.topic', { stateKey: '', content: { topic: `${index}` } }),
          ).catch(() => undefined),
        );
        await deleteRoom(doomed);
        await Promise.all(last);
        await deleteRoom(doomed);
        await roomserver.database.query(deleteOldEvents, [lasting[0] ?? '']);
      }
    })();
    for (let round = 0; round < 8 || written < 600; round++) {
      const given = collector(25);
      for (let step = 0; step < round; step++) await given.step();
      // Whose process is taken for dead while it goes on.
      await roomserver.database.query(endClaim, []);
      await Promise.all([finish(given), finish(collector(25))]);
    }
    working = false;
    await Promise.all([...writers, deleter]);
    await roomserver.database.query(deleteOldEvents, [lasting[0] ?? '']);
    const before = await nodes();
    await finish(collector());
    expect((await nodes()).there).toEqual(before.reachable);
    const events = await replay(roomserver.database);
    const rooms = new Set(events.filter(({ snapshot }) => snapshot === EMPTY_STATE).map(({ room }) => room));
    const whole = events.filter(({ room }) => rooms.has(room));
    expect(whole.length).toBeGreaterThan(100);
    await expectStates(whole);
  });
});

/** Read by a process that has nothing in memory. */
async function expectStates(events: readonly ReplayedEvent[]): Promise<void> {
  const read = await roomserver.openReplica().context.stateStore.read(events.map(({ snapshot }) => snapshot));
  for (const { snapshot, before } of events) expect(read.get(snapshot)?.toSorted(byPlace)).toEqual(before.entries);
}

async function retries({ context }: Replica): Promise<number> {
  const { values } = await context.metrics.retries.get();
  return values.reduce((sum, { value }) => sum + value, 0);
}
