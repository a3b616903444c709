import { systemClock } from '@plexus/observability';
import { type Queryable, sql } from '@plexus/postgres';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  alice,
  event,
  eventOf,
  logOf,
  makeRoom,
  message,
  openRoomserver,
  sent,
  stateOf,
  type TestRoomserver,
} from '../testing/open-roomserver.ts';
import { decodeBlock } from './block-codec.ts';
import { compressColdBodies } from './compress-cold-bodies.ts';
import { removeLostBodies } from './remove-lost-bodies.ts';

const selectBlocks = sql('test_cold_blocks', 'SELECT block, bodies FROM roomserver.cold_blocks ORDER BY block');
const selectWarm = sql('test_warm', 'SELECT event FROM roomserver.event_bodies WHERE folded_json IS NOT NULL');
const selectOriginals = sql('test_originals', 'SELECT folded_json FROM roomserver.redacted_originals');
const deleteBodies = sql('test_delete_bodies', 'DELETE FROM roomserver.event_bodies WHERE block IS NOT NULL');

const first = '00000000-0000-0000-0000-000000000001';
const second = '00000000-0000-0000-0000-000000000002';

let roomserver: TestRoomserver;
beforeEach(async () => {
  roomserver = await openRoomserver();
});
afterEach(() => roomserver.close());

const inADay = () => systemClock.now() + 24 * 60 * 60 * 1000;
const compress = (process = first, queryable: Queryable = roomserver.database) =>
  compressColdBodies(queryable, { process, before: inADay() });

async function coldText(): Promise<string> {
  const rows = await roomserver.database.query<{ bodies: Buffer }>(selectBlocks, []);
  return rows.flatMap(({ bodies }) => [...decodeBlock(bodies).values()]).join('\n');
}

async function rooms(messages: number): Promise<{ roomIds: string[]; eventIds: string[] }> {
  const roomIds = [await makeRoom(roomserver), await makeRoom(roomserver, '12')];
  const eventIds: string[] = [];
  for (let i = 0; i < messages; i++)
    for (const roomId of roomIds)
      eventIds.push(
        await sent(roomserver, message(roomId, alice, `message ${i}`, { transactionId: `${i}`, deviceId: 'D' })),
      );
  return { roomIds, eventIds };
}

const redact = (roomId: string, redacts: string) =>
  sent(roomserver, event(roomId, alice, 'm.room.redaction', { redacts, content: { redacts } }));

describe('cold bodies', () => {
  it('read as they did before, and state stays warm', async () => {
    const { roomIds, eventIds } = await rooms(40);
    const read = async () => ({
      log: await logOf(roomserver),
      events: await Promise.all(eventIds.map((eventId) => eventOf(roomserver, eventId))),
      state: await Promise.all(roomIds.map((roomId) => stateOf(roomserver, roomId))),
    });
    const before = await read();
    expect(await compress()).toEqual({ bodies: 80, left: 0 });
    const warm = await roomserver.database.query(selectWarm, []);
    expect(warm).toHaveLength(before.log.length - 80);
    expect(await read()).toEqual(before);
    expect(
      await sent(
        roomserver.openReplica(),
        message(roomIds[0] ?? '', alice, 'again', { transactionId: '3', deviceId: 'D' }),
      ),
    ).toBe(eventIds[6]);
  });

  it('are not touched before they are old enough', async () => {
    await rooms(2);
    expect(await compressColdBodies(roomserver.database, { process: first, before: systemClock.now() })).toEqual({
      bodies: 0,
      left: 0,
    });
  });

  it('are compressed by one process at a time, from where the last one stopped', async () => {
    const { eventIds } = await rooms(3);
    expect(await compress(first)).toMatchObject({ bodies: 6 });
    expect(await compress(second)).toBeUndefined();
    const { roomIds } = await rooms(1);
    expect(await compress(first)).toMatchObject({ bodies: 2 });
    expect([roomIds.length, eventIds.length]).toEqual([2, 6]);
    expect(await compress(first)).toEqual({ bodies: 0, left: 0 });
  });

  it('that are redacted are gone from their block, and their neighbours stay', async () => {
    const { roomIds, eventIds } = await rooms(3);
    await compress();
    expect(await coldText()).toContain('message 1');
    await redact(roomIds[0] ?? '', eventIds[2] ?? '');
    expect((await eventOf(roomserver, eventIds[2] ?? '')).json).not.toContain('message 1');
    expect(await removeLostBodies(roomserver.database)).toBe(1);
    expect((await coldText()).split('message 1')).toHaveLength(2);
    expect((await eventOf(roomserver.openReplica(), eventIds[3] ?? '')).json).toContain('message 1');
    const originals = await roomserver.database.query<{ folded_json: string }>(selectOriginals, []);
    expect(originals.map((row) => row.folded_json.includes('message 1'))).toEqual([true]);
  });

  it('that are redacted while they are being compressed are not brought back', async () => {
    const { roomIds, eventIds } = await rooms(1);
    const queryable: Queryable = {
      query: async (statement, values) => {
        if (statement.name === 'roomserver_store_cold_blocks') await redact(roomIds[0] ?? '', eventIds[0] ?? '');
        return roomserver.database.query(statement, values);
      },
    };
    await compress(first, queryable);
    expect((await eventOf(roomserver, eventIds[0] ?? '')).json).not.toContain('message 0');
    await removeLostBodies(roomserver.database);
    expect((await coldText()).split('message 0')).toHaveLength(2);
  });

  it('whose rows are deleted leave no block behind', async () => {
    await rooms(3);
    await compress();
    await roomserver.database.query(deleteBodies, []);
    expect(await removeLostBodies(roomserver.database)).toBe(6);
    expect(await roomserver.database.query(selectBlocks, [])).toEqual([]);
    expect(await removeLostBodies(roomserver.database)).toBe(0);
  });
});
