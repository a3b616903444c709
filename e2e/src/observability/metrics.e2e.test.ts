import { eventually } from '@plexus/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startLoad } from '../failures/load.ts';
import { send } from '../stack/http-client.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import { roomPath } from '../stack/user.ts';
import { askProcesses, metricSum } from './probes.ts';
import { parsePrometheus, type Sample } from './prometheus-text.ts';

const MAX_SERIES = 3_000;

/** What every process shows of itself. */
const everywhere = [
  'nodejs_eventloop_lag_p99_seconds',
  'process_resident_memory_bytes',
  'process_cpu_seconds_total',
  'plexus_ready',
  'plexus_rpc_queued',
];
const http = ['plexus_http_request_seconds_bucket'];
const database = ['plexus_postgres_connections', 'plexus_postgres_statement_seconds_bucket'];
const rpc = ['plexus_rpc_seconds_bucket', 'plexus_rpc_in_flight'];
const sessions = ['plexus_session_lookups_total', 'plexus_session_cache_entries'];
const caches = ['plexus_cache_requests_total', 'plexus_cache_bytes'];
const publisher = ['plexus_log_head_position', 'plexus_log_published_position', 'plexus_log_outbox_age_seconds'];
const consumer = [
  'plexus_log_consumer_position',
  'plexus_log_consumer_lag_entries',
  'plexus_log_consumer_behind_seconds',
  'plexus_log_consumer_dead_letters_total',
];

const expected: Readonly<Record<string, readonly string[]>> = {
  gateway: http,
  clientapi: [...http, ...rpc, ...sessions],
  userapi: [...database, ...rpc, ...publisher, 'plexus_userapi_password_hash_seconds_bucket'],
  roomserver: [
    ...database,
    ...rpc,
    ...publisher,
    ...caches,
    'plexus_roomserver_actors',
    'plexus_roomserver_events_committed_total',
    'plexus_roomserver_commit_batch_size_bucket',
    'plexus_roomserver_commit_seconds_bucket',
  ],
  syncapi: [
    ...http,
    ...database,
    ...rpc,
    ...sessions,
    ...caches,
    ...publisher,
    ...consumer,
    'plexus_syncapi_waiters',
    'plexus_syncapi_sync_seconds_bucket',
    'plexus_syncapi_memory_bytes',
  ],
  appservice: [...database, ...rpc, ...consumer],
  typing: rpc,
  mediaapi: [...http, 'plexus_postgres_connections'],
  federationapi: [...http, 'plexus_postgres_connections'],
};

let stack: Stack;
let samples: Map<string, Sample[]>;
let secrets: string[];

beforeAll(async () => {
  stack = await startStack('each');
  const load = await startLoad(stack.url, { users: 4, rooms: 3 });
  await load.advance(60);
  await load.stop();
  const [alice, ...others] = load.users;
  if (alice === undefined) throw new Error('no user');
  for (const user of load.users) await user.ok('GET', '/_matrix/client/v3/sync');
  await strangeRequests(load.rooms[0] ?? '', alice.token);
  const users = [alice, ...others];
  secrets = [...load.rooms, ...users.flatMap((user) => [user.userId, user.userId.split(':')[0] ?? '', user.token])];
  secrets.push(...load.acked.map(({ eventId }) => eventId));
  await eventually('all is published and consumed', async () => {
    const waiting = ['plexus_log_outbox_age_seconds', 'plexus_log_consumer_lag_entries'];
    return (await Promise.all(waiting.map((name) => metricSum(stack, name)))).every((sum) => sum === 0);
  });
  const pages = await askProcesses(stack, '/metrics');
  samples = new Map([...pages].map(([name, { text }]) => [name, parsePrometheus(text)]));
});

afterAll(() => stack?.[Symbol.asyncDispose]());

it.each(Object.entries(expected))('%s shows what its operator needs', (process, names) => {
  const shown = new Set(samples.get(process)?.map(({ name }) => name));
  const nats = process === 'gateway' ? [] : ['plexus_nats_connected'];
  expect([...everywhere, ...nats, ...names].filter((name) => !shown.has(name))).toEqual([]);
});

it('every process is asked', async () => {
  expect([...samples.keys()].toSorted()).toEqual(Object.keys(expected).toSorted());
});

it('what was sent, committed, published and consumed is the same number', async () => {
  const last = (process: string, name: string, stream: string) =>
    samples.get(process)?.find((sample) => sample.name === name && sample.labels['stream'] === stream)?.value;
  const head = last('roomserver', 'plexus_log_head_position', 'ROOM_LOG');
  const committed = samples.get('roomserver')?.find(({ name }) => name === 'plexus_roomserver_events_committed_total');
  expect(head).toBeGreaterThan(60);
  expect(committed?.value).toBe(head);
  expect(last('roomserver', 'plexus_log_published_position', 'ROOM_LOG')).toBe(head);
  expect(last('syncapi', 'plexus_log_consumer_position', 'ROOM_LOG')).toBe(head);
});

it('the series stay few, and no label tells of a user, a room or a path', () => {
  for (const [process, own] of samples) {
    expect(own.length, process).toBeLessThan(MAX_SERIES);
    const values = new Set(own.flatMap(({ labels }) => Object.values(labels)));
    const looksLikeAnId = [...values].filter((value) => /[!@$#/%?]|[A-Za-z0-9_-]{40,}/.test(value));
    expect(looksLikeAnId, process).toEqual([]);
    expect(secrets.filter((secret) => [...values].some((value) => value.includes(secret)))).toEqual([]);
  }
});

/** What a stranger may ask must not become a series each. */
async function strangeRequests(roomId: string, token: string): Promise<void> {
  const methods = ['GET', 'PUT', 'DELETE', 'PATCH'];
  const paths = [1, 2, 3, 4].flatMap((n) => [`/_matrix/client/v3/no-${n}`, `/x/${n}`, roomPath(roomId, `none/${n}`)]);
  for (const path of paths)
    for (const method of methods) await send(stack.url, method, `${path}?access_token=${token}`);
  await send(stack.url, 'GET', '/_matrix/media/v3/download/localhost/none');
  await send(stack.url, 'GET', '/_matrix/key/v2/server');
}
