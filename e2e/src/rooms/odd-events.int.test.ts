import { service as appservice } from '@plexus/appservice';
import { service as clientapi } from '@plexus/clientapi';
import { InputOutcome } from '@plexus/contracts/roomserver';
import { service as federationapi } from '@plexus/federationapi';
import type { EventId, JsonObject } from '@plexus/matrix';
import { sql } from '@plexus/postgres';
import { service as roomserver } from '@plexus/roomserver';
import { keyOfServer, RemoteRoom } from '@plexus/roomserver/testing';
import { service as syncapi } from '@plexus/syncapi';
import { type Cluster, eventually, startCluster } from '@plexus/testkit';
import { service as typing } from '@plexus/typing';
import { service as userapi } from '@plexus/userapi';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const carl = '@carl:one.example';
const server = 'one.example';
const insertKey = sql(
  'test_insert_verify_key',
  `INSERT INTO federationapi.verify_key (server_name, key_id, public_key, valid_until_ts, fetched_at) VALUES ($1, $2, $3, $4, $4)`,
);

interface Shown {
  readonly event_id: string;
  readonly type: string;
  readonly content: JsonObject;
  readonly unsigned?: JsonObject;
}

let cluster: Cluster;
let token: string;
let room: RemoteRoom;
beforeAll(async () => {
  cluster = await startCluster({
    services: [userapi, roomserver, appservice, typing, syncapi, clientapi, federationapi],
  });
  const account = { localpart: 'alice', password: 'correct horse', admin: false, inhibitLogin: false };
  const { result } = await cluster.clients.userapi.register(account);
  token = result?.$case === 'account' ? (result.value.session?.accessToken ?? '') : '';
  const key = keyOfServer(server);
  const inAnHour = Date.now() + 3_600_000;
  await cluster.database.query(insertKey, [server, key.keyId, Buffer.from(key.publicKey, 'base64'), inAnHour]);
  const body = JSON.stringify({ room_version: '11', preset: 'public_chat' });
  const { room_id: roomId } = await call('/createRoom', { method: 'POST', body });
  const events = await firstEvents(String(roomId));
  const stored = await cluster.clients.roomserver.getEvents({ eventIds: events, positions: [] });
  const inOrder = events.map((eventId) => stored.events.find((event) => event.eventId === eventId)?.json ?? '');
  room = RemoteRoom.of('11', '@alice:plexus.test', inOrder);
  expect(await push(room.json(room.member(carl, 'join')))).toEqual([InputOutcome.INPUT_OUTCOME_ACCEPTED]);
});
afterAll(() => cluster.stop());

/** What a new room shows, once its index is written. */
async function firstEvents(roomId: string): Promise<string[]> {
  let events: Shown[] = [];
  await eventually('the room is in the index', async () => {
    events = (await sync('', roomId)).events;
    return events.length >= 6;
  });
  return idsOf(events);
}

async function call(path: string, init: RequestInit = {}): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${cluster.baseUrl}/_matrix/client/v3${path}`, { ...init, headers });
  const answer: Record<string, unknown> = JSON.parse(await response.text());
  expect(response.status, `${path}: ${JSON.stringify(answer)}`).toBe(200);
  return answer;
}

/** All pages of a room, five events each. */
async function pages(roomId: string, dir: 'b' | 'f'): Promise<Shown[]> {
  const events: Shown[] = [];
  let from = '';
  do {
    const page = await call(`/rooms/${encodeURIComponent(roomId)}/messages?dir=${dir}&limit=5${from}`);
    events.push(...(page['chunk'] as Shown[]));
    from = typeof page['end'] === 'string' ? `&from=${page['end']}` : '';
  } while (from !== '');
  return events;
}

async function push(pdus: string[]): Promise<InputOutcome[]> {
  const input = { $case: 'pushed', value: { pdus } } as const;
  const { results } = await cluster.clients.roomserver.inputEvents({ origin: server, input });
  return results.map(({ outcome }) => outcome);
}

async function sync(since = '', roomId: string = room.roomId): Promise<{ token: string; events: Shown[] }> {
  const answer = await call(`/sync?timeout=0${since}&filter={"room":{"timeline":{"limit":100}}}`);
  const rooms = answer['rooms'] as { join?: Record<string, { timeline: { events: Shown[] } }> } | undefined;
  return { token: String(answer['next_batch']), events: rooms?.join?.[roomId]?.timeline.events ?? [] };
}

function idsOf(events: readonly Shown[]): string[] {
  return events.map((event) => event.event_id);
}

describe('B2: events of odd structure', () => {
  test('are shown as they are where the rules allow them, and end neither /sync nor paging', async () => {
    const before = await sync();
    const contents: JsonObject[] = [
      {},
      { body: [], msgtype: null },
      { body: { body: {} }, 'm.relates_to': 'x', 'm.new_content': [] },
      { '': '', __proto__x: 1, constructor: {}, toString: 1, 'a\\': 1, '\n': 2, '"': 3 },
      { 'm.mentions': 7, formatted_body: null, url: [] },
    ];
    const odd: EventId[] = [
      ...contents.map((content) => room.send({ sender: carl, type: 'm.room.message', content })),
      room.send({ sender: carl, type: '', content: {} }),
      room.send({ sender: carl, type: 'm.reaction', content: { 'm.relates_to': { event_id: 5, key: [] } } }),
      room.member(carl, 'join', carl, { content: { membership: 'join', displayname: {}, avatar_url: [] } }),
    ];
    const pdus = room.json(...odd).map((json) => {
      const unsigned = { age: 'x', redacted_because: {}, transaction_id: 1, prev_content: [] };
      return JSON.stringify({ ...JSON.parse(json), unsigned });
    });
    expect(await push(pdus)).toEqual(odd.map(() => InputOutcome.INPUT_OUTCOME_ACCEPTED));
    let since = before;
    await eventually('the events are synced', async () => {
      since = await sync(`&since=${before.token}`);
      return idsOf(since.events).includes(odd.at(-1) ?? '');
    });
    const told = since.events.slice(-odd.length);
    expect(idsOf(told)).toEqual(odd);
    expect(told.slice(0, contents.length).map(({ content }) => content)).toEqual(contents);
    expect(JSON.stringify(since.events)).not.toMatch(/redacted_because|"age":"x"|"transaction_id":1/);
    expect(idsOf((await sync()).events)).toEqual(expect.arrayContaining(odd));
    const [back, forth] = [idsOf(await pages(room.roomId, 'b')), idsOf(await pages(room.roomId, 'f'))];
    expect(back.toReversed()).toEqual(forth);
    expect(forth.slice(-odd.length)).toEqual(odd);
  });

  test('that are rejected or dropped, by pages full, are in nothing that is shown, and what is beyond them is', async () => {
    const before = await sync();
    const first = room.message(carl, 'first');
    const good = room.json(first);
    const rejected = Array.from({ length: 30 }, (_, index) =>
      room.aside(() => room.message('@nobody:one.example', `${index}`)),
    );
    const dropped = [[], null, 'x', { depth: null }].map((content, index) =>
      JSON.stringify({ ...JSON.parse(good[0] ?? ''), content, type: `odd.${index}` }),
    );
    const last = room.message(carl, 'last', { after: [first] });
    await push([...good, ...room.json(...rejected), ...dropped, ...room.json(last)]);
    let since = before;
    await eventually('the last is synced', async () => {
      since = await sync(`&since=${before.token}`);
      return idsOf(since.events).includes(last);
    });
    expect(idsOf(since.events).slice(-2)).toEqual([first, last]);
    const back = idsOf(await pages(room.roomId, 'b'));
    expect(back.slice(0, 2)).toEqual([last, first]);
    expect(back.toReversed()).toEqual(idsOf(await pages(room.roomId, 'f')));
    expect(back.at(-1)).toBe(room.create);
  });
});
