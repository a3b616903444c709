import { type OwnServer, ownNats, ownPostgres, ownRedis } from '@plexus/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, at, send } from '../stack/http-client.ts';
import { sampleRequest, targetOf } from './sample-requests.ts';
import { type SampleServer, startSampleServer } from './sample-server.ts';

let server: SampleServer;
let postgres: OwnServer;
let nats: OwnServer;
let redis: OwnServer;

beforeAll(async () => {
  [postgres, nats, redis] = await Promise.all([ownPostgres(), ownNats(), ownRedis()]);
  server = await startSampleServer({ postgres: postgres.url, nats: nats.url, redis: redis.url });
});

afterAll(async () => {
  await Promise.all([postgres, nats, redis].map((store) => store.start()));
  await server?.stop();
  await Promise.all([postgres, nats, redis].map((store) => store.end()));
});

interface Outcome {
  readonly key: string;
  readonly answer: Answer;
}

const endsSessions = new Set(['client.logout', 'client.logout_all', 'client.deactivateAccount']);

/** All at once, so that some are in hand when a store goes away and some begin when it is gone. */
function everyOperation(): Promise<Outcome[]> {
  const { cluster, user, spares, world, answered } = server;
  return Promise.all(
    answered.map(async (operation) => {
      const request = sampleRequest(operation, world);
      const answer = await send(cluster.baseUrl, request.method, targetOf(request), {
        token: endsSessions.has(operation.key) ? spares.pop()?.token : user.token,
        ...(request.body !== undefined && { body: request.body }),
        ...(operation.body === 'raw' && { body: Buffer.from('a file') }),
      });
      return { key: operation.key, answer };
    }),
  );
}

/** A 5xx that says "broken" although the failure passes. */
function saidBroken(outcomes: readonly Outcome[]): string[] {
  return outcomes
    .filter(({ answer }) => answer.status >= 500 && !isTemporary(answer))
    .map(({ key, answer }) => `${key}: ${answer.status} ${answer.text}`);
}

function isTemporary({ status, headers, json }: Answer): boolean {
  return status === 503 && at(json, 'errcode') === 'M_UNKNOWN' && Number(headers['retry-after']) > 0;
}

describe('an outage of a store is a temporary error for every operation of every service', () => {
  test('PostgreSQL stops and starts again: 503 with Retry-After, never 500', async () => {
    const before = await everyOperation();
    expect(saidBroken(before)).toEqual([]);
    const inHand = [everyOperation(), everyOperation()];
    await postgres.stop();
    const without = await everyOperation();
    const owners = new Set<string>();
    for (const { key, answer } of without) {
      const operation = server.answered.find((one) => one.key === key);
      if (isTemporary(answer) && operation !== undefined) owners.add(operation.owner);
    }
    const starting = postgres.start();
    const meanwhile = [everyOperation(), everyOperation()];
    await starting;
    const outcomes = [without, ...(await Promise.all([...inHand, ...meanwhile]))].flat();
    expect(saidBroken(outcomes)).toEqual([]);
    // The typing service works on Redis: it asks for PostgreSQL only when a session has to be looked up.
    expect([...owners]).toEqual(expect.arrayContaining(['clientapi', 'mediaapi', 'syncapi']));
    expect(without.filter(({ answer }) => isTemporary(answer)).length).toBeGreaterThan(30);
  }, 120_000);

  test('a token that nobody can look up is not refused meanwhile', async () => {
    await postgres.stop();
    const answer = await send(server.cluster.baseUrl, 'GET', '/_matrix/client/v3/account/whoami', { token: 'other' });
    await postgres.start();
    expect(answer).toMatchObject({ status: 503 });
    expect(isTemporary(answer)).toBe(true);
  }, 60_000);

  test.each(['NATS', 'Redis'])(
    '%s stops and starts again: no operation says that it is broken',
    async (name) => {
      const store = name === 'NATS' ? nats : redis;
      const inHand = everyOperation();
      await store.stop();
      const outcomes = [await everyOperation(), await inHand].flat();
      await store.start();
      expect(saidBroken([...outcomes, ...(await everyOperation())])).toEqual([]);
    },
    120_000,
  );
});
