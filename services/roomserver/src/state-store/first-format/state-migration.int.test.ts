import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { sql } from '@plexus/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  alice,
  event,
  makeRoom,
  member,
  message,
  openRoomserver,
  type Replica,
  send,
  sent,
  type TestRoomserver,
} from '../../testing/open-roomserver.ts';
import { isNodeAddress } from '../node-address.ts';
import { byPlace } from '../place-order.ts';
import type { MapState } from '../testing/map-state.ts';
import { replay } from '../testing/replay.ts';
import { migrateStates } from './migrate-states.ts';
import { describeMigration, readMigrationProgress } from './state-migration.ts';
import { toFirstFormat } from './testing/to-first-format.ts';

const endClaims = sql('test_end_claims', `UPDATE roomserver.state_migration SET claimed_until = '-infinity'`);
const letTimePass = sql(
  'test_let_time_pass',
  `UPDATE roomserver.state_migration SET converted_at = converted_at - interval '1 hour'`,
);
const countOldRows = sql(
  'test_count_first_format',
  `SELECT (SELECT count(*) FROM roomserver.state_blocks)::int AS blocks,
     (SELECT count(*) FROM roomserver.state_snapshots)::int AS snapshots`,
);

let roomserver: TestRoomserver;
let rooms: string[];
beforeAll(async () => {
  roomserver = await openRoomserver();
  rooms = await Promise.all(['6', '11', '12'].map((version) => makeRoom(roomserver, version)));
  const [large = ''] = rooms;
  const users = Array.from({ length: 600 }, (_, index) => `@member${index}:example.org`);
  await roomserver.service.sendEvents({ events: users.map((user) => member(large, user, user, 'join')) });
  for (const [index, roomId] of rooms.entries()) await chatter(roomserver, roomId, 500, `before ${index}`);
  await toFirstFormat(roomserver.database);
}, 120_000);
afterAll(() => roomserver.close());

/** Topics and messages by turns. */
async function chatter({ service }: Replica, roomId: string, count: number, text: string): Promise<void> {
  const events = Array.from({ length: count }, (_, index) =>
    index % 3 === 0
      ? message(roomId, alice, `${text} ${index}`)
      : event(roomId, alice, 'm.room.topic', { stateKey: '', content: { topic: `${text} ${index}` } }),
  );
  const { results } = await service.sendEvents({ events });
  for (const { result } of results) expect(result?.$case).toBe('eventId');
}

async function expectEveryStateIs(replica: Replica): Promise<void> {
  const events = await replay(roomserver.database);
  // The state before a message is the one before the next event too.
  const states = new Map<number, MapState>();
  for (const { snapshot, before } of events) {
    states.set(snapshot, before);
  }
  const snapshots = [...states.keys()];
  for (let start = 0; start < snapshots.length; start += 200) {
    const read = await replica.context.stateStore.read(snapshots.slice(start, start + 200));
    for (const [snapshot, entries] of read) expectEqual(entries.toSorted(byPlace), states.get(snapshot)?.entries);
  }
}

/** A fifth of what toEqual takes when all is well. */
function expectEqual(actual: readonly object[], expected: readonly object[] | undefined): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) expect(actual).toEqual(expected);
}

describe('a database of the first format', { timeout: 120_000 }, () => {
  it('is read as it is', async () => {
    const events = await replay(roomserver.database);
    expect(events.length).toBeGreaterThan(2_000);
    expect(events.some(({ snapshot }) => isNodeAddress(snapshot))).toBe(false);
    const some = events.filter((_, index) => index % 97 === 0);
    const { stateStore } = roomserver.openReplica().context;
    for (const { snapshot, before } of some)
      expect((await stateStore.read([snapshot])).get(snapshot)?.toSorted(byPlace)).toEqual(before.entries);
  });

  it('takes messages and changes of state on states that were not converted', async () => {
    for (const roomId of rooms) {
      const replica = roomserver.openReplica();
      await sent(replica, message(roomId, alice, 'the first word'));
      await chatter(replica, roomId, 5, 'on the first format');
    }
  });

  it('becomes trees while rooms work, though the process is killed and several are at it', async () => {
    const child = migrateInProcess(roomserver.url);
    let writing = true;
    const writers = [roomserver.openReplica(), roomserver.openReplica()].map(async (replica, index) => {
      for (let count = 0; writing; count++) {
        const roomId = rooms[(count + index) % rooms.length] ?? '';
        await chatter(replica, roomId, 6, `${index} ${count}`);
      }
    });
    await firstStepOf(child);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const killedAt = await readMigrationProgress(roomserver.database);
    expect(killedAt).toMatchObject({ phase: 'events' });
    expect(killedAt.converted).toBeGreaterThan(0);
    expect(killedAt.left).toBeGreaterThan(0);
    expect(await describeMigration(roomserver.database)).toMatch(
      /^room states .* event numbers are yet to be looked at$/,
    );

    await roomserver.database.query(endClaims, []);
    const replicas = [roomserver.openReplica(), roomserver.openReplica()];
    // With one name, so that the claim keeps none of them away from the work of the other.
    const name = randomUUID();
    await Promise.all(replicas.map((replica) => migrateToProof(replica, name)));
    writing = false;
    await Promise.all(writers);
    expect((await replay(roomserver.database)).every(({ snapshot }) => snapshot === 0 || isNodeAddress(snapshot))).toBe(
      true,
    );

    await roomserver.database.query(letTimePass, []);
    const [last] = replicas;
    if (last !== undefined) while ((await step(last, name)) !== undefined);
    expect(await readMigrationProgress(roomserver.database)).toMatchObject({ phase: 'done', left: 0 });
    expect(await describeMigration(roomserver.database)).toBeUndefined();
    expect(await roomserver.database.query(countOldRows, [])).toEqual([{ blocks: 0, snapshots: 0 }]);
    for (const replica of [roomserver, roomserver.openReplica()]) await expectEveryStateIs(replica);
  });

  it('works on as any other', async () => {
    for (const roomId of rooms) await chatter(roomserver, roomId, 5, 'after');
    expect((await send(roomserver.openReplica(), message(rooms[0] ?? '', alice, 'x')))?.$case).toBe('eventId');
    await expectEveryStateIs(roomserver.openReplica());
  });
});

function migrateInProcess(url: string): ChildProcess {
  const script = fileURLToPath(new URL('testing/migrate-until-killed.ts', import.meta.url));
  return spawn(process.execPath, [script, url, randomUUID()], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function firstStepOf(child: ChildProcess): Promise<void> {
  if (child.stdout !== null) await once(child.stdout, 'data');
}

function step({ context }: Replica, name: string) {
  return migrateStates({ database: context.database, stateStore: context.stateStore, process: name });
}

/** Until the rows are proved to be converted, and only time has to pass. */
async function migrateToProof(replica: Replica, name: string): Promise<void> {
  for (;;) {
    const done = await step(replica, name);
    if (done?.phase === 'proof' && !done.isMore) return;
  }
}
