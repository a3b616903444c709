import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePorts } from '@plexus/cli/servers';
import { eventually } from '@plexus/testkit';

export interface IrcServer {
  readonly port: number;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A real ngircd that knows no other server. */
export async function startIrcServer(): Promise<IrcServer> {
  const folder = await mkdtemp(join(tmpdir(), 'plexus-e2e-irc-'));
  const [port = 0] = await freePorts(1);
  const file = join(folder, 'ngircd.conf');
  await writeFile(
    file,
    `[Global]
Name = irc.example.org
Info = tests
Listen = 127.0.0.1
Ports = ${port}
[Limits]
MaxConnectionsIP = 0
MaxNickLength = 30
[Options]
DNS = no
Ident = no
PAM = no
`,
  );
  const child = spawn('ngircd', ['--nodaemon', '--config', file], { stdio: 'ignore' });
  const failed = failureOf(child, 'ngircd (./plexus test installs it)');
  await eventually('the IRC server listens', async () => (await isListening(port)) || failed() !== undefined, 30_000);
  const failure = failed();
  if (failure !== undefined) throw failure;
  return {
    port,
    async [Symbol.asyncDispose]() {
      await killed(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface IrcPerson {
  /** Lines that the server has sent. */
  readonly lines: readonly string[];
  send(line: string): void;
  close(): void;
}

/** Somebody with a plain IRC client. Resolves when the server has welcomed them. */
export async function ircPerson(port: number, nick: string): Promise<IrcPerson> {
  const lines: string[] = [];
  const socket: Socket = connect(port, '127.0.0.1');
  const send = (line: string) => socket.write(`${line}\r\n`);
  createInterface({ input: socket }).on('line', (line) => {
    lines.push(line);
    if (line.startsWith('PING')) send(line.replace('PING', 'PONG'));
  });
  send(`NICK ${nick}`);
  send(`USER ${nick} 0 * :${nick}`);
  await eventually(`${nick} is on IRC`, () => lines.some((line) => line.includes(` 001 ${nick} `)), 30_000);
  return { lines, send, close: () => socket.destroy() };
}

/** Why a process could not be run or ended by itself. */
export function failureOf(child: ChildProcess, name: string): () => Error | undefined {
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = new Error(`${name} cannot be run: ${error.message}`);
  });
  child.once('exit', (code) => {
    failure ??= new Error(`${name} ended with ${code}`);
  });
  return () => failure;
}

export async function killed(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await ended;
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
