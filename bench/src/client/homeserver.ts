import { createHmac, randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A signed-in user. */
export interface BenchUser {
  readonly userId: string;
  readonly token: string;
}

/** A homeserver under load, by its client API. Nothing is retried: an error is an error of the measurement. */
export class Homeserver {
  readonly #base: URL;
  readonly #sharedSecret: string | undefined;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 512 });

  constructor(base: string, sharedSecret?: string) {
    this.#base = new URL(base);
    this.#sharedSecret = sharedSecret;
    if (!['127.0.0.1', 'localhost', '[::1]'].includes(this.#base.hostname))
      throw new Error(`refusing to load ${this.#base.hostname}: only loopback addresses`);
  }

  /** The parsed answer of a request. @throws for anything but 200. */
  call(method: string, path: string, token?: string, body?: object | Buffer, type = 'application/json'): Promise<Json> {
    const payload = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    const headers = {
      ...(payload !== undefined && { 'content-type': type, 'content-length': payload.length }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
    const { hostname, port } = this.#base;
    return new Promise((resolve, reject) => {
      const outgoing = request({ agent: this.#agent, hostname, port, method, path, headers }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          if (incoming.statusCode === 200) resolve(JSON.parse(text));
          else
            reject(
              new HttpError(incoming.statusCode ?? 0, `${method} ${path.slice(0, 80)}: ${text.slice(0, 200)}`, text),
            );
        });
      });
      outgoing.setNoDelay(true);
      outgoing.on('error', reject);
      outgoing.end(payload);
    });
  }

  async register(prefix = 'bench'): Promise<BenchUser> {
    const username = `${prefix}${randomUUID().slice(0, 13)}`;
    const session =
      this.#sharedSecret === undefined
        ? await this.#registerOpen(username)
        : await this.#registerBySecret(username, this.#sharedSecret);
    return { userId: text(session, 'user_id'), token: text(session, 'access_token') };
  }

  async createRoom(user: BenchUser, body: object): Promise<string> {
    return text(await this.call('POST', '/_matrix/client/v3/createRoom', user.token, body), 'room_id');
  }

  async join(user: BenchUser, roomId: string): Promise<void> {
    await this.call('POST', `/_matrix/client/v3/join/${encodeURIComponent(roomId)}`, user.token, {});
  }

  async send(user: BenchUser, roomId: string, content: object): Promise<string> {
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/${randomUUID()}`;
    return text(await this.call('PUT', path, user.token, content), 'event_id');
  }

  sync(user: BenchUser, options: { since?: string | undefined; timeoutMs?: number } = {}): Promise<Json> {
    const since = options.since === undefined ? '' : `&since=${encodeURIComponent(options.since)}`;
    const path = `/_matrix/client/v3/sync?timeout=${options.timeoutMs ?? 0}${since}&filter=${LEAN_FILTER}`;
    return this.call('GET', path, user.token);
  }

  close(): void {
    this.#agent.destroy();
  }

  async #registerOpen(username: string): Promise<Json> {
    const body = { username, password: 'a password of the bench' };
    const path = '/_matrix/client/v3/register';
    try {
      return await this.call('POST', path, undefined, { ...body, auth: { type: 'm.login.dummy' } });
    } catch (error) {
      if (!(error instanceof HttpError) || error.status !== 401) throw error;
      const session = text(JSON.parse(error.body), 'session');
      return this.call('POST', path, undefined, { ...body, auth: { type: 'm.login.dummy', session } });
    }
  }

  async #registerBySecret(username: string, secret: string): Promise<Json> {
    const path = '/_synapse/admin/v1/register';
    const password = 'a password of the bench';
    const nonce = text(await this.call('GET', path), 'nonce');
    const mac = createHmac('sha1', secret).update([nonce, username, password, 'notadmin'].join('\0')).digest('hex');
    return this.call('POST', path, undefined, { nonce, username, password, admin: false, mac });
  }
}

/** What a lean client asks for: members as needed, no presence. */
const LEAN_FILTER = encodeURIComponent(
  JSON.stringify({ presence: { types: [] }, room: { timeline: { limit: 20 }, state: { lazy_load_members: true } } }),
);

export class HttpError extends Error {
  readonly status: number;
  readonly body: string;

  constructor(status: number, message: string, body: string) {
    super(`${status} ${message}`);
    this.status = status;
    this.body = body;
  }
}

/** The text at a path of keys. @throws when there is none. */
export function text(json: Json | undefined, ...path: string[]): string {
  const value = at(json, ...path);
  if (typeof value !== 'string') throw new Error(`the answer has no ${path.join('.')}`);
  return value;
}

export function at(json: Json | undefined, ...path: string[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (value, key) => (typeof value === 'object' && value !== null && !Array.isArray(value) ? value[key] : undefined),
    json,
  );
}
