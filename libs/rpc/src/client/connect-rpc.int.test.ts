import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { GetTypingRequest, GetTypingResponse, TypingServiceDefinition } from '@plexus/contracts/typing';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { clientContract, DEFAULT_TIMEOUT_MS } from '../../test/client-contract.ts';
import { ScriptedService, watchedObservability } from '../../test/scripted-service.ts';
import { MAX_MESSAGE_BYTES } from '../limits.ts';
import { exchangePath, type RpcServer, serveRpc } from '../server/serve-rpc.ts';
import type { AddressSource } from './address-source.ts';
import { type ConnectRpcOptions, connectRpc } from './connect-rpc.ts';

const host = '127.0.0.1';
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const typing = (roomId: string) => ({ roomId, userId: '', timeoutMs: 0 });

async function serve(service: ScriptedService, options: { port?: number; token?: string } = {}): Promise<RpcServer> {
  const server = await serveRpc({
    bound: [service.bound],
    listen: { host, port: options.port ?? 0 },
    token: options.token,
    observability: watchedObservability(),
  });
  closing.push(() => {
    service.release();
    return server.stop(100);
  });
  return server;
}

function connect(ports: readonly number[], options: Partial<ConnectRpcOptions> = {}) {
  const observability = watchedObservability();
  const addresses = ports.map((port) => `${host}:${port}`);
  const connection = connectRpc(TypingServiceDefinition, addresses, {
    defaultTimeoutMs: 5_000,
    observability,
    ...options,
  });
  closing.push(() => connection.close());
  return { ...connection, observability };
}

for (const replicas of [1, 3]) {
  describe(`a client over the wire, ${replicas} address${replicas === 1 ? '' : 'es'}`, () => {
    clientContract(async (service) => {
      const observability = watchedObservability();
      const listen = { host, port: 0 };
      const servers: RpcServer[] = [];
      for (let n = 0; n < replicas; n++)
        servers.push(await serveRpc({ bound: [service.bound], listen, token: 'secret', observability }));
      const connection = connectRpc(
        TypingServiceDefinition,
        servers.map(({ port }) => `${host}:${port}`),
        { defaultTimeoutMs: DEFAULT_TIMEOUT_MS, token: 'secret', observability },
      );
      return {
        client: connection.client,
        observability,
        side: 'client',
        close: async () => {
          connection.close();
          for (const server of servers) await server.stop(100);
        },
      };
    });
  });
}

describe('servers come and go', () => {
  test('a call made before its service listens waits for it', async () => {
    const probe = await serve(new ScriptedService());
    await probe.stop(100);
    const { client, isReady } = connect([probe.port]);
    const call = client.getTyping({ roomIds: ['!a'] });
    expect(isReady()).toBe(false);
    await serve(new ScriptedService('late'), { port: probe.port });
    expect((await call).rooms[0]?.userIds).toEqual(['late']);
  });

  test('when nobody listens until the deadline the call ends with UNAVAILABLE', async () => {
    const { client } = connect([1], { defaultTimeoutMs: 200 });
    await expect(client.getTyping({ roomIds: [] })).rejects.toMatchObject({ name: 'RpcError', code: 'UNAVAILABLE' });
  });

  test('a service without an address is UNAVAILABLE', async () => {
    const { client } = connect([], { defaultTimeoutMs: 5_000 });
    const startedAt = performance.now();
    await expect(client.getTyping({ roomIds: [] })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  test('calls in flight when a server is lost are made again on the next', async () => {
    const lost = new ScriptedService();
    const server = await serve(lost);
    const { client } = connect([server.port]);
    const calls = Promise.all(Array.from({ length: 20 }, () => client.setTyping(typing('waits'))));
    await vi.waitFor(() => expect(lost.held).toBe(20), { timeout: 10_000 });
    await server.stop(0);
    const next = new ScriptedService();
    await serve(next, { port: server.port });
    await vi.waitFor(() => expect(next.held).toBe(20), { timeout: 4_000 });
    next.release();
    expect(await calls).toHaveLength(20);
  });

  test('a process that stands still is given up, and what was asked of it is asked of another', async () => {
    const child = fork(new URL('../../test/serve-process.ts', import.meta.url));
    closing.push(() => child.kill('SIGKILL'));
    const [port = 0]: number[] = await once(child, 'message');
    const other = new ScriptedService('other');
    const { port: otherPort } = await serve(other);
    const ports = [port, otherPort];
    const roomOf = (_method: string, request: unknown) => JSON.stringify(request);
    const { client } = connect(ports, { defaultTimeoutMs: 25_000, routingKey: roomOf });
    const answering = async (room: string) => (await client.getTyping({ roomIds: [room] })).rooms[0]?.userIds[0];
    const rooms = Array.from({ length: 20 }, (_, n) => `!${n}`);
    await vi.waitFor(async () => expect(await Promise.all(rooms.map(answering))).toContain('process'), {
      timeout: 10_000,
    });
    child.kill('SIGSTOP');
    expect(new Set(await Promise.all(rooms.map(answering)))).toEqual(new Set(['other']));
    child.kill('SIGCONT');
    await vi.waitFor(async () => expect(await Promise.all(rooms.map(answering))).toContain('process'), {
      timeout: 10_000,
    });
  });

  test('a server that stops answers what it has in hand; what comes then goes elsewhere', async () => {
    const one = new ScriptedService();
    const two = new ScriptedService();
    const servers = [await serve(one), await serve(two)];
    const { client } = connect(
      servers.map(({ port }) => port),
      { routingKey: () => 'same' },
    );
    // Which of the two answers depends on which is connected by then.
    const inHand = client.setTyping(typing('waits'));
    await vi.waitFor(() => expect(one.held + two.held).toBe(1), { timeout: 10_000 });
    const [first, second] = one.held > 0 ? [one, two] : [two, one];
    const stopped = servers[first === one ? 0 : 1]?.stop(2_000);
    const after = await Promise.all(Array.from({ length: 10 }, () => client.setTyping(typing('!after'))));
    expect(after).toHaveLength(10);
    expect(second.calls.filter((room) => room === '!after')).toHaveLength(10);
    first.release();
    expect(await inHand).toEqual({});
    await stopped;
    expect(second.calls).not.toContain('waits');
  });

  test('calls of one key stay on one address, and come back to it', async () => {
    const services = [new ScriptedService('0'), new ScriptedService('1'), new ScriptedService('2')];
    const servers = await Promise.all(services.map((service) => serve(service)));
    const routingKey = (_method: string, request: unknown) => JSON.stringify(request);
    const { client } = connect(
      servers.map(({ port }) => port),
      { routingKey },
    );
    const rooms = Array.from({ length: 30 }, (_, n) => `!${n}`);
    const answering = async () =>
      Promise.all(rooms.map(async (room) => (await client.getTyping({ roomIds: [room] })).rooms[0]?.userIds[0]));
    await vi.waitFor(async () => expect(new Set(await answering()).size).toBe(3), { timeout: 10_000 });
    const before = await answering();
    expect(await answering()).toEqual(before);
    await servers[1]?.stop(100);
    const without = await answering();
    expect(without).not.toContain('1');
    expect(before.map((name, n) => name === '1' || name === without[n])).toEqual(rooms.map(() => true));
    await serve(new ScriptedService('1'), { port: servers[1]?.port ?? 0 });
    await vi.waitFor(async () => expect(await answering()).toEqual(before), { timeout: 4_000 });
  });
});

describe('bounds', () => {
  test('calls beyond those allowed in flight wait in a queue that is seen; beyond that they are refused', async () => {
    const service = new ScriptedService();
    const { port } = await serve(service);
    const { client, observability, isReady } = connect([port], { maxInFlight: 2, maxQueued: 3 });
    await vi.waitFor(() => expect(isReady()).toBe(true), { timeout: 10_000 });
    const calls = Array.from({ length: 5 }, () => client.setTyping(typing('waits')));
    await expect(client.setTyping(typing('!a'))).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
    await vi.waitFor(() => expect(service.held).toBe(2), { timeout: 10_000 });
    expect(await observability.metrics.metrics()).toContain('plexus_rpc_queued{service="TypingService"} 3');
    for (let waves = 0; waves < 3; waves++) {
      await vi.waitFor(() => expect(service.held).toBeGreaterThan(0), { timeout: 10_000 });
      expect(service.held).toBeLessThanOrEqual(2);
      service.release();
    }
    expect(await Promise.all(calls)).toHaveLength(5);
    expect(await observability.metrics.metrics()).toContain('plexus_rpc_queued{service="TypingService"} 0');
  });

  test('a call that is given up frees its place, in flight or queued', async () => {
    const service = new ScriptedService();
    const { port } = await serve(service);
    const { client, isReady } = connect([port], { maxInFlight: 1, defaultTimeoutMs: 1_000 });
    await vi.waitFor(() => expect(isReady()).toBe(true), { timeout: 10_000 });
    const late = await Promise.allSettled([client.setTyping(typing('waits')), client.setTyping(typing('!queued'))]);
    expect(late.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(service.calls).toEqual(['waits']);
    expect(await client.setTyping(typing('!next'))).toEqual({});
  });

  test('a message that is too large fails alone', async () => {
    const { port } = await serve(new ScriptedService());
    const { client } = connect([port]);
    const half = 'x'.repeat(MAX_MESSAGE_BYTES / 2);
    const beside = client.getTyping({ roomIds: ['!a'] });
    await expect(client.getTyping({ roomIds: [half, half] })).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
    // The response repeats the room id and says more: it is over where the request is not.
    const atLimit = 'x'.repeat(MAX_MESSAGE_BYTES - 8);
    await expect(client.getTyping({ roomIds: [atLimit] })).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
    expect((await beside).rooms).toHaveLength(1);
    expect((await client.getTyping({ roomIds: ['!a'] })).rooms).toHaveLength(1);
  });

  test('closing ends what waits with CANCELLED', async () => {
    const service = new ScriptedService();
    const { port } = await serve(service);
    const connection = connect([port], { maxInFlight: 1 });
    const calls = Promise.allSettled([1, 2].map(() => connection.client.setTyping(typing('waits'))));
    await vi.waitFor(() => expect(service.held).toBe(1), { timeout: 10_000 });
    connection.close();
    for (const call of await calls) expect(call).toMatchObject({ reason: { code: 'CANCELLED' } });
    await expect(connection.client.setTyping(typing('!a'))).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('strangers', () => {
  test('without the right token nothing is called, by stream or by unary call', async () => {
    const service = new ScriptedService();
    const { port } = await serve(service, { token: 'right' });
    for (const token of [undefined, 'wrong']) {
      const { client } = connect([port], { token, defaultTimeoutMs: 200 });
      await expect(client.getTyping({ roomIds: [] })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      await expect(unary(port, 'GetTyping', Buffer.alloc(0), token)).rejects.toMatchObject({ code: 16 });
    }
    expect(service.calls).toEqual([]);
    const { client } = connect([port], { token: 'right' });
    expect(await client.getTyping({ roomIds: [] })).toEqual({ rooms: [] });
  });

  test('every method is served as plain unary gRPC too', async () => {
    const { port } = await serve(new ScriptedService('unary'), { token: 'right' });
    const request = Buffer.from(GetTypingRequest.encode({ roomIds: ['!a'] }).finish());
    const response = GetTypingResponse.decode(await unary(port, 'GetTyping', request, 'right'));
    expect(response.rooms[0]).toMatchObject({ roomId: '!a', userIds: ['unary'] });
    await expect(unary(port, 'NoSuchMethod', request, 'right')).rejects.toMatchObject({ code: 12 });
    await expect(unary(port, 'GetTyping', Buffer.from([0x0a, 0xff]), 'right')).rejects.toMatchObject({ code: 3 });
  });

  test('garbage in the shared stream ends that stream and nothing else', async () => {
    const { port } = await serve(new ScriptedService());
    const { client } = connect([port]);
    await client.getTyping({ roomIds: [] });
    const stranger = new Client(`${host}:${port}`, credentials.createInsecure());
    closing.push(() => stranger.close());
    const identity = (value: Buffer) => value;
    const stream = stranger.makeBidiStreamRequest(exchangePath, identity, identity, new Metadata());
    const ended = new Promise<number | undefined>((resolve) =>
      stream.on('error', (error: ServiceError) => resolve(error.code)),
    );
    stream.on('data', () => {});
    stream.write(Buffer.from([0x0a, 0xff, 0xff]));
    expect(await ended).toBeTypeOf('number');
    expect(await client.getTyping({ roomIds: [] })).toEqual({ rooms: [] });
  });
});

function unary(port: number, method: string, request: Buffer, token: string | undefined): Promise<Buffer> {
  const client = new Client(`${host}:${port}`, credentials.createInsecure());
  closing.push(() => client.close());
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  const identity = (value: Buffer) => value;
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      `/${TypingServiceDefinition.fullName}/${method}`,
      identity,
      identity,
      request,
      metadata,
      { deadline: Date.now() + 2_000 },
      (error, response) => {
        if (error === null && response !== undefined) resolve(response);
        else reject(error ?? new Error('no response'));
      },
    );
  });
}

describe('replicas that are found by name', () => {
  /** Addresses as a name server would tell them; `become` is its next answer. */
  function scriptedNames(ports: readonly number[]) {
    const names = { addresses: ports.map((port) => `${host}:${port}`) };
    let changed = () => {};
    const source = {
      get current() {
        return names.addresses;
      },
      isConfigured: true,
      onChange: (listener: () => void) => {
        changed = listener;
      },
      close: () => {},
    };
    const become = (...next: readonly number[]) => {
      names.addresses = next.map((port) => `${host}:${port}`);
      changed();
    };
    return { source, become };
  }

  function connectTo(source: AddressSource) {
    const connection = connectRpc(TypingServiceDefinition, source, {
      defaultTimeoutMs: 5_000,
      observability: watchedObservability(),
    });
    closing.push(() => connection.close());
    return connection;
  }

  const answerOf = async ({ client }: ReturnType<typeof connectTo>) =>
    (await client.getTyping({ roomIds: ['!a'] })).rooms[0]?.userIds[0];

  test('a call waits until the name has an address', async () => {
    const { port } = await serve(new ScriptedService('first'));
    const { source, become } = scriptedNames([]);
    const answer = answerOf(connectTo(source));
    become(port);
    expect(await answer).toBe('first');
  });

  test('one that comes is called, one that goes answers what it has and is called no more', async () => {
    const old = new ScriptedService('old');
    const [oldServer, newServer] = [await serve(old), await serve(new ScriptedService('new'))];
    const { source, become } = scriptedNames([oldServer.port]);
    const connection = connectTo(source);
    const held = connection.client.setTyping(typing('waits'));
    await vi.waitFor(() => expect(old.held).toBe(1), { timeout: 10_000 });
    become(newServer.port);
    expect(await Promise.all(Array.from({ length: 20 }, () => answerOf(connection)))).toEqual(Array(20).fill('new'));
    old.release();
    await held;
  });

  test('one that goes and dies with calls in hand: they are made again elsewhere', async () => {
    const old = new ScriptedService('old');
    const next = new ScriptedService('new');
    const [oldServer, newServer] = [await serve(old), await serve(next)];
    const { source, become } = scriptedNames([oldServer.port]);
    const { client } = connectTo(source);
    const call = client.setTyping(typing('waits'));
    await vi.waitFor(() => expect(old.held).toBe(1), { timeout: 10_000 });
    become(newServer.port);
    await oldServer.stop(0);
    await vi.waitFor(() => expect(next.held).toBe(1), { timeout: 4_000 });
    next.release();
    await call;
  });
});
