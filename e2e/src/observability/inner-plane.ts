import { readdir, readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { at, type Json } from '../stack/http-client.ts';
import type { Stack } from '../stack/stack.ts';

/** Ports at which the processes answer each other by gRPC, as `up` configured them. */
export async function rpcPorts({ data }: Stack): Promise<number[]> {
  const folder = join(data, 'run');
  const names = await readdir(folder);
  // One file a process, or one for all in one.
  const ofProcesses = names.filter((name) => name.startsWith('config-'));
  const files = ofProcesses.length > 0 ? ofProcesses : ['config.json'];
  const configs = await Promise.all(
    files.map(async (name): Promise<Json> => JSON.parse(await readFile(join(folder, name), 'utf8'))),
  );
  return configs.map((config) => at(config, 'listen', 'rpc', 'port')).filter((port) => typeof port === 'number');
}

/** What a server says first to these bytes, after its greeting if it has one. */
export function said(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.on('data', (chunk) => {
      text += chunk.toString();
      if (/^-.*\r\n/m.test(text)) socket.end();
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}

/** GET without asking whose certificate it is. */
export function untrusting(url: string): Promise<{ status: number; json: Json }> {
  return new Promise((resolve, reject) => {
    const request = url.startsWith('https') ? httpsRequest : httpRequest;
    const outgoing = request(url, { agent: false, rejectUnauthorized: false }, (incoming) => {
      const answer = async () => {
        const text = Buffer.concat(await incoming.toArray()).toString();
        return { status: incoming.statusCode ?? 0, json: JSON.parse(text) };
      };
      resolve(answer());
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}
