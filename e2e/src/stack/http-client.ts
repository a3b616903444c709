import { Agent, request } from 'node:http';

/** Any JSON; tests look into it with `at`. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly json: Json;
}

/** The server could not be reached or did not answer in time: nothing is known of what became of the request. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

const agent = new Agent({ keepAlive: true, maxSockets: 512 });

/** One HTTP request, bytes as given, path as given: also such as no good client would send. */
export function send(
  base: string,
  method: string,
  path: string,
  options: {
    token?: string | undefined;
    body?: string | Buffer | object;
    headers?: Record<string, string>;
    timeoutMs?: number;
  } = {},
): Promise<Answer> {
  const { hostname, port } = new URL(base);
  const raw = options.body;
  const body = raw === undefined || typeof raw === 'string' || Buffer.isBuffer(raw) ? raw : JSON.stringify(raw);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        agent,
        hostname,
        port,
        method,
        path,
        timeout: options.timeoutMs ?? 60_000,
        headers: {
          ...(body !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
          ...(options.token !== undefined && { authorization: `Bearer ${options.token}` }),
          ...options.headers,
        },
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', (error) => reject(new NoAnswerError(error.message)));
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, json: parse(text) });
        });
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error('timed out')));
    outgoing.on('error', (error) => reject(new NoAnswerError(error.message)));
    outgoing.end(body);
  });
}

/** The value at a path of keys and indexes; undefined when there is none. */
export function at(json: Json | undefined, ...path: (string | number)[]): Json | undefined {
  return path.reduce<Json | undefined>((value, key) => {
    if (typeof value !== 'object' || value === null) return undefined;
    return Array.isArray(value) ? value[Number(key)] : Object.hasOwn(value, key) ? value[key] : undefined;
  }, json);
}

/** The text at a path. @throws when there is none. */
export function textAt(json: Json | undefined, ...path: (string | number)[]): string {
  const value = at(json, ...path);
  if (typeof value !== 'string')
    throw new Error(`no text at ${path.join('.')} of ${JSON.stringify(json)?.slice(0, 500)}`);
  return value;
}

/** The list at a path, empty when there is none. */
export function listAt(json: Json | undefined, ...path: (string | number)[]): Json[] {
  const value = at(json, ...path);
  return Array.isArray(value) ? value : [];
}

function parse(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
