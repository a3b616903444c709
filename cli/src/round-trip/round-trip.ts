import { createHmac } from 'node:crypto';
import { CliError } from '../cli-error.ts';
import { MatrixClient } from './matrix-client.ts';

export interface RoundTripOptions {
  /** Base URL of the client-server API. */
  readonly url: string;
  /** How the user is made: by the secret of /_synapse/admin/v1/register, or by who looks after the server. */
  readonly newUser:
    | { readonly sharedSecret: string }
    | { readonly make: (localpart: string, password: string) => Promise<void> };
  readonly random: (bytes: number) => Buffer;
  /** Told of each step that went well. */
  readonly line: (text: string) => void;
}

const REQUEST_TIMEOUT_MS = 40_000;
const MAX_SYNCS = 10;

/**
 * Makes an account, a room, a message, finds it in /sync, stores a file and reads it back, asks for the server's key, leaves and logs out.
 * @throws CliError naming the step that failed.
 */
export const roundTrip = async (options: RoundTripOptions): Promise<void> => {
  const client = new MatrixClient(options.url, REQUEST_TIMEOUT_MS);
  const state: Trip = { client, roomId: '', since: '', options };
  for (const [name, step] of steps) {
    try {
      options.line(`ok ${name}: ${await step(state)}`);
    } catch (error) {
      if (error instanceof CliError) throw new CliError(`${name}: ${error.message}`);
      throw error;
    }
  }
};

interface Trip {
  readonly client: MatrixClient;
  readonly options: RoundTripOptions;
  roomId: string;
  since: string;
}

/** Each answers what it found. */
const steps: readonly (readonly [name: string, step: (trip: Trip) => Promise<string>])[] = [
  [
    'versions',
    async ({ client }) => {
      const { versions } = await client.json('GET', '/_matrix/client/versions');
      if (!Array.isArray(versions) || versions.length === 0) throw new CliError('no version is answered');
      return String(versions.at(-1));
    },
  ],
  ['user', register],
  [
    'room',
    async (trip) => {
      trip.roomId = text(
        await trip.client.json('POST', '/_matrix/client/v3/createRoom', { preset: 'private_chat' }),
        'room_id',
      );
      trip.since = text(await trip.client.json('GET', '/_matrix/client/v3/sync?timeout=0'), 'next_batch');
      return 'made, and in the first sync';
    },
  ],
  ['message', sendAndSync],
  ['media', storeAndRead],
  [
    'key',
    async ({ client }) => {
      const keys = await client.json('GET', '/_matrix/key/v2/server');
      return `of ${text(keys, 'server_name')}: ${Object.keys(object(keys, 'verify_keys')).join(', ')}`;
    },
  ],
  [
    'end',
    async ({ client, roomId }) => {
      await client.json('POST', `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/leave`, {});
      await client.json('POST', '/_matrix/client/v3/logout', {});
      return 'the room is left, the session ended';
    },
  ],
];

async function register({ client, options }: Trip): Promise<string> {
  const { newUser, random } = options;
  const password = random(24).toString('hex');
  const username = `round-trip-${random(6).toString('hex')}`;
  const session =
    'sharedSecret' in newUser
      ? await registerBySecret(client, newUser.sharedSecret, username, password)
      : await newUser.make(username, password).then(() => login(client, username, password));
  client.accessToken = text(session, 'access_token');
  return text(session, 'user_id');
}

async function registerBySecret(client: MatrixClient, secret: string, username: string, password: string) {
  const path = '/_synapse/admin/v1/register';
  const nonce = text(await client.json('GET', path), 'nonce');
  const mac = createHmac('sha1', secret).update([nonce, username, password, 'notadmin'].join('\0')).digest('hex');
  return client.json('POST', path, { nonce, username, password, admin: false, mac });
}

function login(client: MatrixClient, user: string, password: string) {
  const identifier = { type: 'm.id.user', user };
  return client.json('POST', '/_matrix/client/v3/login', { type: 'm.login.password', identifier, password });
}

async function sendAndSync({ client, roomId, since, options }: Trip): Promise<string> {
  const transaction = options.random(8).toString('hex');
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/${transaction}`;
  const eventId = text(await client.json('PUT', path, { msgtype: 'm.text', body: 'round trip' }), 'event_id');
  let position = since;
  for (let tries = 0; tries < MAX_SYNCS; tries++) {
    const answer = await client.json(
      'GET',
      `/_matrix/client/v3/sync?timeout=5000&since=${encodeURIComponent(position)}`,
    );
    position = text(answer, 'next_batch');
    if (JSON.stringify(answer['rooms'] ?? {}).includes(JSON.stringify(eventId))) return `${eventId} sent and synced`;
  }
  throw new CliError(`${eventId} was accepted and does not come by /sync`);
}

async function storeAndRead({ client, options }: Trip): Promise<string> {
  const bytes = options.random(4_096);
  const uri = text(await client.upload('/_matrix/media/v3/upload?filename=round-trip.bin', bytes), 'content_uri');
  const read = await client.download(`/_matrix/client/v1/media/download/${uri.slice('mxc://'.length)}`);
  if (!read.equals(bytes)) throw new CliError(`${uri} is not what was stored`);
  return `${read.length} bytes stored and read`;
}

function text(answer: Readonly<Record<string, unknown>>, key: string): string {
  const value = answer[key];
  if (typeof value !== 'string' || value === '') throw new CliError(`the answer has no ${key}`);
  return value;
}

function object(answer: Readonly<Record<string, unknown>>, key: string): object {
  const value = answer[key];
  if (typeof value !== 'object' || value === null) throw new CliError(`the answer has no ${key}`);
  return value;
}
