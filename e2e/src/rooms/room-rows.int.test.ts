import { hash } from 'node:crypto';
import { service as appservice } from '@plexus/appservice';
import { service as clientapi } from '@plexus/clientapi';
import { service as federationapi } from '@plexus/federationapi';
import { service as mediaapi } from '@plexus/mediaapi';
import { type SqlValue, sql } from '@plexus/postgres';
import { service as roomserver } from '@plexus/roomserver';
import { service as syncapi } from '@plexus/syncapi';
import { type Cluster, eventually, startCluster } from '@plexus/testkit';
import { service as typing } from '@plexus/typing';
import { service as userapi } from '@plexus/userapi';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RoomTable, roomTables } from './room-tables.ts';

const v3 = '/_matrix/client/v3';
/** Columns whose names say that they are about rooms or events. */
const smell = /room|event|alias|redact|replaces|previous|state_key|chain|extremit|snapshot|cause|stripped/;

let cluster: Cluster;
beforeAll(async () => {
  const services = [userapi, roomserver, appservice, typing, syncapi, clientapi, federationapi, mediaapi];
  cluster = await startCluster({ services });
});
afterAll(() => cluster.stop());

const found = Object.entries(roomTables).flatMap(([table, how]): [string, RoomTable][] =>
  typeof how === 'string' ? [] : [[table, how]],
);

function query<Row extends object>(text: string, values: readonly SqlValue[] = []): Promise<Row[]> {
  return cluster.database.query<Row>(sql(`test_${hash('sha256', text).slice(0, 40)}`, text), values);
}

describe('every table of the schema', () => {
  test('is one of which it is known how a room leads to its rows, if it has any', async () => {
    const columns = await query<{ table: string; column: string }>(
      `SELECT c.table_schema || '.' || c.table_name AS "table", c.column_name AS "column" FROM information_schema.columns c
       JOIN information_schema.tables t USING (table_schema, table_name)
       WHERE t.table_type = 'BASE TABLE' AND c.table_schema NOT IN ('pg_catalog', 'information_schema', 'public')`,
    );
    const tables = new Set(columns.map(({ table }) => table).filter((table) => !table.endsWith('.schema_migrations')));
    expect([...tables].filter((table) => !(table in roomTables) && !/migrations?$/.test(table))).toEqual([]);
    expect(Object.keys(roomTables).filter((table) => !tables.has(table))).toEqual([]);
    const unknown = columns.filter(({ table, column }) => {
      const how = roomTables[table];
      if (how === undefined || typeof how === 'string' || !smell.test(column)) return false;
      return !(column in how.by) && !(column in (how.besides ?? {}));
    });
    expect(unknown).toEqual([]);
  });
});

interface Leads {
  readonly room: number[];
  readonly roomNid: number[];
  readonly roomId: string[];
  readonly event: number[];
  readonly position: number[];
}

async function leadsOf(roomId: string): Promise<Leads> {
  const numbers = async (text: string): Promise<number[]> =>
    (await query<{ number: number }>(text, [roomId])).map(({ number }) => number);
  const ofRoom = `FROM roomserver.events e JOIN roomserver.rooms r ON r.room = e.room WHERE r.room_id = $1`;
  return {
    room: await numbers('SELECT room AS number FROM roomserver.rooms WHERE room_id = $1'),
    roomNid: await numbers('SELECT room_nid AS number FROM syncapi.room WHERE room_id = $1'),
    roomId: [roomId],
    event: await numbers(`SELECT event AS number ${ofRoom}`),
    position: await numbers(`SELECT position AS number ${ofRoom} AND position IS NOT NULL`),
  };
}

/** Tables in which there are rows of the room, with how many. */
async function rowsOf(leads: Leads): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const [table, { by }] of found) {
    const conditions = Object.entries(by).map(
      ([column, lead], index) => `${column} = ANY($${index + 1}::${lead === 'roomId' ? 'text' : 'bigint'}[])`,
    );
    const values = Object.values(by).map((lead) => leads[lead]);
    const text = `SELECT count(*)::int AS rows FROM ${table} WHERE ${conditions.join(' OR ')}`;
    const [row] = await query<{ rows: number }>(text, values);
    if (row !== undefined && row.rows > 0) counts[table] = row.rows;
  }
  return counts;
}

async function call(token: string, method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const response = await fetch(`${cluster.baseUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer: Record<string, unknown> = JSON.parse(await response.text());
  expect(response.status, `${method} ${path}: ${JSON.stringify(answer)}`).toBe(200);
  return answer;
}

async function registered(localpart: string, admin: boolean): Promise<string> {
  const { result } = await cluster.clients.userapi.register({
    localpart,
    password: 'correct horse',
    admin,
    inhibitLogin: false,
  });
  if (result?.$case !== 'account') throw new Error('no account');
  return result.value.session?.accessToken ?? '';
}

/** A room with rows in every table that a client can bring about, and by hand in those that other servers fill. */
async function fullRoom(alice: string, bob: string, name: string): Promise<string> {
  const body = { room_version: '11', room_alias_name: name, preset: 'public_chat', visibility: 'public', invite: [] };
  const roomId = String((await call(alice, 'POST', `${v3}/createRoom`, body))['room_id']);
  const room = `${v3}/rooms/${encodeURIComponent(roomId)}`;
  await call(bob, 'POST', `${room}/join`, {});
  const { event_id: said } = await call(alice, 'PUT', `${room}/send/m.room.message/1`, {
    msgtype: 'm.text',
    body: 'said',
  });
  await call(alice, 'PUT', `${room}/redact/${encodeURIComponent(String(said))}/2`, {});
  const { event_id: read } = await call(alice, 'PUT', `${room}/send/m.room.message/3`, {
    msgtype: 'm.text',
    body: 'read',
  });
  await call(bob, 'POST', `${room}/receipt/m.read/${encodeURIComponent(String(read))}`, {});
  await call(bob, 'PUT', `${v3}/user/@bob:plexus.test/rooms/${encodeURIComponent(roomId)}/tags/u.a`, { order: 0.5 });
  await call(bob, 'GET', `${v3}/publicRooms`);
  await call(alice, 'POST', `${room}/upgrade`, { new_version: '11' });
  await call(bob, 'POST', `${room}/leave`, {});
  await call(bob, 'POST', `${room}/forget`, {});
  const { rooms } = await cluster.clients.roomserver.queryRooms({ roomIds: [roomId] });
  expect(rooms).toHaveLength(1);
  await cluster.clients.roomserver.setNetworkListing({ roomId, network: 'irc|a', published: true });
  await cluster.clients.roomserver.setAlias({
    alias: `#${name}-again:plexus.test`,
    roomId,
    creator: '@alice:plexus.test',
  });
  await call(bob, 'POST', `${v3}/publicRooms`, { include_all_networks: true });
  await byHand(roomId);
  return roomId;
}

async function byHand(roomId: string): Promise<void> {
  const {
    room: [room = 0],
    event: [event = 0],
    position,
  } = await leadsOf(roomId);
  const last = Math.max(...position);
  await query('INSERT INTO roomserver.event_verdicts (event, verdict, reason) VALUES ($1, 3, $2)', [event, 'test']);
  await query(`INSERT INTO roomserver.invite_states (event, stripped_state) VALUES ($1, '[]')`, [event]);
  await query(
    `INSERT INTO roomserver.auth_chains (event, chain, sequence, links) VALUES ($1, $1, 1, '{}') ON CONFLICT DO NOTHING`,
    [event],
  );
  await query('INSERT INTO roomserver.auth_indexed_rooms (room, position) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    room,
    last,
  ]);
  await query('INSERT INTO roomserver.auth_unindexed (room, event) VALUES ($1, $2)', [room, event]);
  for (const table of ['backward_extremities', 'pending_redactions'])
    await query(
      `INSERT INTO roomserver.${table} (room, id_head, id_tail, event) VALUES ($1, gen_random_uuid(), gen_random_uuid(), $2)`,
      [room, event],
    );
  await query('INSERT INTO roomserver.history_places (event, after_position, depth) VALUES ($1, 1, 1)', [event]);
  await eventually('syncapi knows the room', async () => (await leadsOf(roomId)).roomNid.length > 0);
  await query(
    `INSERT INTO syncapi.history (room_nid, after_position, depth, position, event_id)
     SELECT room_nid, 1, 1, 1, '$a' FROM syncapi.room WHERE room_id = $1`,
    [roomId],
  );
  await query('INSERT INTO roomserver.state_transitions (position, room, before, after) VALUES ($1, $2, 0, 0)', [
    last,
    room,
  ]);
  await query(
    `INSERT INTO appservice.interesting_member (bridge_id, room_id, user_id) VALUES ('test', $1, '@a:plexus.test')`,
    [roomId],
  );
}

/** Of a room's rows in consumers' tables that an entry is parked in: what is parked waits for an operator, with the room behind it. */
const neverFilled = ['syncapi.dead_letter', 'appservice.dead_letter'];

describe('a room that is deleted', () => {
  test('leaves no row behind, in any table of any service, and takes none of another room', async () => {
    const [admin, alice, bob] = [
      await registered('admin', true),
      await registered('alice', false),
      await registered('bob', false),
    ];
    const [roomId, other] = [await fullRoom(alice, bob, 'first'), await fullRoom(alice, bob, 'second')];
    await eventually('the indexes have caught up', async () => {
      const counts = await rowsOf(await leadsOf(roomId));
      return found.every(([table]) => table in counts || neverFilled.includes(table));
    });
    const [leads, otherLeads] = [await leadsOf(roomId), await leadsOf(other)];
    await eventually(
      'all rows of the other room',
      async () => Object.keys(await rowsOf(otherLeads)).length === found.length - neverFilled.length,
    );
    const others = await rowsOf(otherLeads);
    const { delete_id } = await call(admin, 'DELETE', `/_synapse/admin/v2/rooms/${encodeURIComponent(roomId)}`, {
      block: true,
    });
    const status = () => call(admin, 'GET', `/_synapse/admin/v2/rooms/delete_status/${String(delete_id)}`);
    await eventually('the deletion is complete', async () => (await status())['status'] === 'complete');
    await eventually('nothing is left', async () => Object.keys(await rowsOf(leads)).length === 0).catch(
      () => undefined,
    );
    expect(await rowsOf(leads)).toEqual({});
    expect(await rowsOf(otherLeads)).toEqual(others);
  });

  test('is for administrators to delete, block and purge', async () => {
    const carol = await registered('carol', false);
    for (const [method, path] of [
      ['DELETE', 'v2/rooms/!a:plexus.test'],
      ['GET', 'v2/rooms/!a:plexus.test/delete_status'],
      ['GET', 'v2/rooms/delete_status/a'],
      ['PUT', 'v1/rooms/!a:plexus.test/block'],
      ['GET', 'v1/rooms/!a:plexus.test/block'],
      ['POST', 'v1/purge_history/!a:plexus.test'],
      ['GET', 'v1/purge_history_status/a'],
    ] as const) {
      const headers = { authorization: `Bearer ${carol}` };
      const body = method === 'GET' ? {} : { body: '{}' };
      const answer = await fetch(`${cluster.baseUrl}/_synapse/admin/${path}`, { method, headers, ...body });
      expect([path, answer.status]).toEqual([path, 403]);
    }
  });
});
