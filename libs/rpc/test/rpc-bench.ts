import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import {
  GetTypingRequest,
  GetTypingResponse,
  type TypingService,
  TypingServiceDefinition,
} from '@plexus/contracts/typing';
import { connectRpc } from '../src/client/connect-rpc.ts';
import { localClient } from '../src/local-client.ts';
import { serveRpc } from '../src/server/serve-rpc.ts';
import { ScriptedService, watchedObservability } from './scripted-service.ts';

/*
 * One call of about 200 bytes each way: in the process, over the shared stream, and as unary gRPC (client and server are two processes).
 * node libs/rpc/test/rpc-bench.ts
 */
const PHASE_MS = 2_000;
const host = '127.0.0.1';
const request = {
  roomIds: ['!abcdefghijklmnopqr:example.org', '!stuvwxyzabcdefghij:example.org', '!klmnop:example.org'],
};

if (process.argv[2] === 'serve') await serve();
else await measureAll();

async function serve(): Promise<void> {
  const { bound } = new ScriptedService('@somebody:example.org');
  const observability = watchedObservability();
  const { port } = await serveRpc({ bound: [bound], listen: { host, port: 0 }, observability });
  process.send?.(port);
  let atLast = process.cpuUsage();
  process.on('message', () => {
    const { user, system } = process.cpuUsage(atLast);
    atLast = process.cpuUsage();
    process.send?.(user + system);
  });
}

async function measureAll(): Promise<void> {
  const server = fork(import.meta.filename, ['serve']);
  const [port]: number[] = await once(server, 'message');
  const observability = watchedObservability();
  const options = { defaultTimeoutMs: 5_000, observability };
  const serverCpu = async (): Promise<number> => {
    server.send('cpu');
    const [micros = 0]: number[] = await once(server, 'message');
    return micros;
  };
  const local = localClient(TypingServiceDefinition, new ScriptedService('@somebody:example.org').bound, options);
  const remote = connectRpc(TypingServiceDefinition, [`${host}:${port}`], options);
  const unary = new Client(`${host}:${port}`, credentials.createInsecure());
  const ways: [string, () => Promise<unknown>][] = [
    ['local', () => local.getTyping(request)],
    ['stream', () => remote.client.getTyping(request)],
    ['unary', () => unaryCall(unary)],
  ];
  for (const round of ['warm-up', 'measured']) {
    for (const [name, call] of ways)
      for (const concurrency of [1, 8, 64]) await phase(`${round} ${name}`, concurrency, call, serverCpu);
  }
  remote.close();
  unary.close();
  server.kill();
}

async function phase(
  name: string,
  concurrency: number,
  call: () => Promise<unknown>,
  serverCpu: () => Promise<number>,
): Promise<void> {
  await serverCpu();
  const ownCpu = process.cpuUsage();
  const startedAt = performance.now();
  const latencies: number[] = [];
  const caller = async () => {
    for (let now = performance.now(); now < startedAt + PHASE_MS; ) {
      await call();
      const done = performance.now();
      latencies.push(done - now);
      now = done;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(ownCpu);
  const count = latencies.length;
  latencies.sort((a, b) => a - b);
  const micros = (share: number) => ((latencies[Math.floor(count * share)] ?? 0) * 1_000).toFixed(0);
  process.stdout.write(
    `${name}, ${concurrency} at once: ${(count / seconds).toFixed(0)}/s, p50 ${micros(0.5)} µs, p99 ${micros(0.99)} µs, CPU per call ` +
      `${((user + system) / count).toFixed(1)} + ${((await serverCpu()) / count).toFixed(1)} µs\n`,
  );
}

function unaryCall(client: Client): Promise<unknown> {
  const encode = (message: Parameters<TypingService['getTyping']>[0]) =>
    Buffer.from(GetTypingRequest.encode(message).finish());
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      `/${TypingServiceDefinition.fullName}/GetTyping`,
      encode,
      (payload) => GetTypingResponse.decode(payload),
      request,
      new Metadata(),
      { deadline: Date.now() + 5_000 },
      (error, response) => (error === null ? resolve(response) : reject(error)),
    );
  });
}
