import { UserapiServiceDefinition } from '@plexus/contracts/userapi';
import { connectRpc } from '@plexus/rpc';
import { eventually, testObservability } from '@plexus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Conversation, deliverMessage, startConversation } from '../stack/conversation.ts';
import { at, listAt } from '../stack/http-client.ts';
import { layouts, type Stack, startStack } from '../stack/stack.ts';
import { rpcPorts, said, untrusting } from './inner-plane.ts';
import { whileReadOnly, whileStopped } from './outages.ts';
import { askProcesses, metricSum } from './probes.ts';

/** A probe has two seconds to look; a lost NATS is noticed after 15. */
const NOTICED_WITHIN_MS = 30_000;

describe.each(layouts)('health, layout %s', (layout) => {
  let stack: Stack;
  let talk: Conversation;

  beforeAll(async () => {
    stack = await startStack(layout);
    talk = await startConversation(stack.url);
  });

  afterAll(() => stack?.[Symbol.asyncDispose]());

  it('a process that does its work is ready and alive', async () => {
    expect(await notReady()).toEqual([]);
    expect(await degraded()).toEqual([]);
    await expectAlive();
  });

  it('while PostgreSQL stands still, every process that needs it says so, and is ready again after', async () => {
    await whileStopped(await pidOf('postgres'), unreadyForWantOfDatabase);
    await eventually('all are ready', async () => (await notReady()).length === 0, NOTICED_WITHIN_MS);
  });

  it('while PostgreSQL takes no writes, every process that needs it says so, and is ready again after', async () => {
    await whileReadOnly(stack, unreadyForWantOfDatabase);
    await eventually('all are ready', async () => (await notReady()).length === 0, NOTICED_WITHIN_MS);
  });

  it('without NATS messages are delivered: every process stays ready, and says what it does without', async () => {
    await whileStopped(await pidOf('nats'), async () => {
      await eventually(
        'all have noticed',
        async () => {
          expect(await notReady()).toEqual([]);
          return (await degraded()).join() === (await needingStores()).join();
        },
        NOTICED_WITHIN_MS,
      );
      await deliverMessage(talk, 'without NATS', () =>
        eventually('a long poll waits', async () => (await metricSum(stack, 'plexus_syncapi_waiters')) === 1),
      );
      await talk.alice.ok('PUT', `/_matrix/client/v3/user/${talk.alice.userId}/account_data/org.example`, { a: 1 });
      expect(await notReady()).toEqual([]);
      await expectAlive();
    });
    await eventually('NATS is back', async () => (await degraded()).length === 0, NOTICED_WITHIN_MS);
  });

  describe('the inner plane is closed', () => {
    it('metrics and health are not on the port for clients or for other servers, nor is the API of administrators', async () => {
      const { federationUrl } = await stack.state();
      for (const path of [
        '/metrics',
        '/health/live',
        '/health/ready',
        '/_synapse/admin/v1/rooms/x/block',
        '/_plexus/admin/v1/statistics',
      ])
        for (const base of [stack.url, federationUrl]) {
          const answer = await untrusting(`${base}${path}`);
          expect([path, answer.status, at(answer.json, 'errcode')]).toEqual([path, 404, 'M_UNRECOGNIZED']);
        }
    });

    it('gRPC without its token is refused, by every process that serves it', async () => {
      const ports = await rpcPorts(stack);
      expect(ports.length).toBe(layout === 'one' ? 1 : 8);
      for (const port of ports)
        for (const token of [undefined, 'another']) {
          const observability = testObservability();
          const { client, close } = connectRpc(UserapiServiceDefinition, [`127.0.0.1:${port}`], {
            defaultTimeoutMs: 500,
            token,
            observability,
          });
          await expect(client.introspect({ tokenHashes: [] })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
          close();
          expect(JSON.stringify(observability.lines)).toContain('the token of the inner plane is missing or wrong');
        }
    });

    it('NATS and Redis without credentials are refused', async () => {
      const { natsUrl, redisUrl = '' } = await stack.state();
      expect(await said(natsUrl, 'CONNECT {}\r\nPING\r\n')).toContain("-ERR 'Authorization Violation'");
      expect(await said(redisUrl, 'PING\r\n')).toContain('-NOAUTH');
      expect(await said(redisUrl, 'AUTH wrong\r\n')).toMatch(/-WRONGPASS|-ERR/);
    });
  });

  /** A gateway alone opens no store. */
  async function needingStores(): Promise<string[]> {
    const { metricsUrls } = await stack.state();
    return Object.keys(metricsUrls).filter((name) => name !== 'gateway');
  }

  async function unreadyForWantOfDatabase(): Promise<void> {
    const needing = await needingStores();
    const allSaySo = async () => (await notReady('the database does not take writes')).join() === needing.join();
    await eventually('all that need it are not ready', allSaySo, NOTICED_WITHIN_MS);
    await expectAlive();
  }

  /** Names of processes that answer 503, with this reason when one is asked for. */
  async function notReady(reason?: string): Promise<string[]> {
    const answers = await askProcesses(stack, '/health/ready');
    return [...answers].flatMap(([name, { status, json }]) => {
      expect([at(json, 'ready'), status]).toEqual(status === 503 ? [false, 503] : [true, 200]);
      const problems = listAt(json, 'problems');
      expect(problems.length > 0).toBe(status === 503);
      return status === 503 &&
        (reason === undefined || problems.some((problem) => typeof problem === 'string' && problem.startsWith(reason)))
        ? [name]
        : [];
    });
  }

  async function degraded(): Promise<string[]> {
    const answers = await askProcesses(stack, '/health/ready');
    return [...answers].flatMap(([name, { json }]) =>
      listAt(json, 'degraded').some((reason) => typeof reason === 'string' && reason.includes('NATS')) ? [name] : [],
    );
  }

  async function expectAlive(): Promise<void> {
    for (const [name, { status }] of await askProcesses(stack, '/health/live'))
      expect([name, status]).toEqual([name, 200]);
  }

  async function pidOf(name: string): Promise<number> {
    const pid = (await stack.state()).pids[name];
    if (pid === undefined) throw new Error(`no pid of ${name}`);
    return pid;
  }
});
