import type { RoomserverService, SendEvent } from '@plexus/contracts/roomserver';
import type { RoomLogEntry } from '@plexus/contracts/streams/room-log';
import { sql } from '@plexus/postgres';
import { RpcError } from '@plexus/rpc';
import { eventually, seededRandom } from '@plexus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lockHead } from './storage/room-heads.ts';
import { alice, event, member, message, publicRoom, stateQuery } from './testing/open-roomserver.ts';
import { openRoomserverProcesses, type RoomserverProcesses } from './testing/roomserver-processes.ts';

const EVENTS = 20_000;
const ROOMS = 600;
const CALLERS = 48;
const ITEMS_A_CALL = 10;
const CRASHES_EVERY = 2_500;

let cluster: RoomserverProcesses;
beforeAll(async () => {
  cluster = await openRoomserverProcesses(3);
}, 120_000);
afterAll(() => cluster?.close());

const random = seededRandom('crashes');
const chance = () => random.bytes(4).readUInt32LE() / 2 ** 32;

function processOf(draw: number): RoomserverProcesses['processes'][number] {
  const process = cluster.processes[Math.floor(draw * cluster.processes.length)];
  if (process === undefined) throw new Error('no process');
  return process;
}

/** Asks one process after another, chosen at random, until one answers. */
async function ask<Answer>(work: (service: RoomserverService) => Promise<Answer>): Promise<Answer> {
  for (;;) {
    try {
      return await work(processOf(chance()).service);
    } catch (error) {
      if (!(error instanceof RpcError && error.retryable)) throw error;
    }
  }
}

/** What is sent under a key, which stands in the content and is the transaction id. */
function item(roomId: string, key: string, kind: number): SendEvent {
  const rest = { deviceId: 'D', transactionId: key };
  if (kind < 0.75) return { ...message(roomId, alice, key), ...rest };
  if (kind < 0.9)
    return { ...event(roomId, alice, 'm.room.topic', { stateKey: '', content: { topic: key } }), ...rest };
  const user = `@user${Math.floor(kind * 10_000) % 20}:example.org`;
  return { ...member(roomId, user, user, 'join', { displayname: key }), ...rest };
}

async function send(items: readonly SendEvent[]): Promise<string[]> {
  const { results } = await ask((service) => service.sendEvents({ events: [...items] }));
  return results.map(({ result }) => {
    if (result?.$case !== 'eventId') throw new Error(`sendEvents: ${JSON.stringify(result?.value)}`);
    return result.value;
  });
}

function keyOf(json: string): string {
  const { content } = JSON.parse(json);
  return content.body ?? content.topic ?? content.displayname;
}

async function wholeLog(): Promise<RoomLogEntry[]> {
  const entries: RoomLogEntry[] = [];
  for (;;) {
    const answer = await ask((service) => service.readLog({ from: entries.length + 1, to: 0, limit: 0, partition: 0 }));
    if (answer.entries.length === 0) return entries;
    entries.push(...answer.entries);
  }
}

const selectWaiting = sql(
  'test_select_waiting',
  `SELECT count(*) AS waiting FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
);

describe('a process that is killed when its commit is on the way', () => {
  it('has sent an event without a transaction id once, for all who make the call again', {
    timeout: 60_000,
  }, async () => {
    const { result } = await ask((service) => service.createRoom(publicRoom('11')));
    const roomId = result?.$case === 'roomId' ? result.value : '';
    const [dying, other] = cluster.processes;
    if (dying === undefined || other === undefined) throw new Error('no processes');
    await dying.service.sendEvents({ events: [message(roomId, alice, 'warm')] });
    const call = { events: [message(roomId, alice, 'one'), message(roomId, alice, 'two')], requestKey: 'the call' };
    // The database goes on with a statement whose process is gone.
    const sending = await cluster.database.transaction(async (transaction) => {
      await transaction.query(lockHead, [roomId]);
      const answer = dying.service.sendEvents(call).catch((error: unknown) => {
        if (error instanceof RpcError && error.retryable) return ask((service) => service.sendEvents(call));
        throw error;
      });
      await eventually('the commit waits for the lock', async () => {
        const [row] = await cluster.database.query<{ waiting: number }>(selectWaiting, []);
        return row?.waiting === 1;
      });
      await dying.crash();
      return { answer };
    });
    const [made, again] = [await sending.answer, await other.service.sendEvents(call)];
    expect(made.results.map((each) => each.result?.$case)).toEqual(['eventId', 'eventId']);
    expect(again).toEqual(made);
    const bodies = (await wholeLog()).flatMap(({ kind }) => (kind?.$case === 'event' ? keyOf(kind.value.json) : []));
    expect(bodies.filter((body) => body === 'one' || body === 'two')).toEqual(['one', 'two']);
  });
});

describe('three processes of which one after another is killed', () => {
  it('lose nothing, do nothing twice, and keep each room one line', { timeout: 600_000 }, async () => {
    const rooms = await Promise.all(
      Array.from({ length: ROOMS }, async () => {
        const { result } = await ask((service) => service.createRoom(publicRoom('11')));
        if (result?.$case !== 'roomId') throw new Error('no room');
        return result.value;
      }),
    );
    const acked = new Map<string, string>();
    let sent = 0;
    let crashes = 0;
    let restart = Promise.resolve();
    const caller = async () => {
      while (sent < EVENTS) {
        const first = sent;
        sent += ITEMS_A_CALL;
        const items = Array.from({ length: ITEMS_A_CALL }, (_, index) =>
          item(rooms[Math.floor(chance() * ROOMS)] ?? '', `k${first + index}`, chance()),
        );
        // One call in eight is made twice at the same time, one in eight again when it was answered.
        const again = chance();
        const [ids, same] = await Promise.all([send(items), again < 0.125 ? send(items) : undefined]);
        const later = again > 0.875 ? await send(items) : undefined;
        for (const repeated of [same, later]) if (repeated !== undefined) expect(repeated).toEqual(ids);
        for (const [index, id] of ids.entries()) acked.set(`k${first + index}`, id);
        if (Math.floor(acked.size / CRASHES_EVERY) > crashes) {
          crashes++;
          restart = restart.then(() => processOf(chance()).crash());
        }
      }
    };
    await Promise.all(Array.from({ length: CALLERS }, caller));
    await restart;
    expect(acked.size).toBe(EVENTS);
    expect(crashes).toBe(EVENTS / CRASHES_EVERY);

    const log = await wholeLog();
    expect(log.map(({ position }) => position)).toEqual(log.map((_, index) => index + 1));
    const events = log.flatMap(({ kind }) => (kind?.$case === 'event' ? [kind.value] : []));
    expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(events.length);
    const stored = Map.groupBy(
      events.filter(({ transactionId }) => transactionId !== undefined),
      ({ json }) => keyOf(json),
    );
    expect(stored.size).toBe(EVENTS);
    for (const [key, eventId] of acked) expect(stored.get(key)?.map((each) => each.eventId)).toEqual([eventId]);
    const lines = Map.groupBy(events, ({ roomId }) => roomId);
    expect(rooms.filter((roomId) => !lines.has(roomId))).toEqual([]);
    for (const line of lines.values()) {
      expect(line.map(({ json }) => JSON.parse(json).prev_events)).toEqual(
        line.map((_, index) => (index === 0 ? [] : [line[index - 1]?.eventId])),
      );
    }
    for (const [roomId, line] of lines) {
      const queries = [
        stateQuery(roomId),
        { ...stateQuery(roomId), at: { $case: 'afterEventId' as const, value: line.at(-1)?.eventId ?? '' } },
      ];
      const { rooms: states } = await ask((service) => service.queryState({ queries }));
      const [now, then] = states.map((state) => state.events.map(({ eventId }) => eventId).sort());
      expect(now).toEqual(then);
    }
  });
});
