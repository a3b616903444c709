import { randomUUID } from 'node:crypto';
import { type Json, listAt, NoAnswerError, send, textAt } from '../stack/http-client.ts';
import { registerUser, roomPath, type User } from '../stack/user.ts';

/** A request that did not end with 200, or with no answer at all. */
export interface Failure {
  readonly request: string;
  readonly outcome: string;
}

export interface SteadyLoad {
  /** Requests answered or failed so far, long polls among them. */
  readonly requests: number;
  readonly longPolls: number;
  readonly failures: readonly Failure[];
  readonly users: readonly User[];
  readonly rooms: readonly string[];
  /** Key to event id of every message that was acked. */
  readonly acked: ReadonlyMap<string, string>;
  /** Resolves when so many requests were made since the start. */
  reached(count: number): Promise<void>;
  /** Everyone finishes what is in hand. */
  stop(): Promise<void>;
}

/** What a user does again and again; every request once, nothing is repeated when it fails. */
type Turn = (user: User, index: number) => Promise<void>;

/**
 * Users who send, read state, type, look at profiles and media and sync without a pause, until stopped. A client would repeat what fails;
 * these do not: each failure counts.
 */
export async function startSteadyLoad(base: string, size: { users: number; rooms: number }): Promise<SteadyLoad> {
  const users = await Promise.all(Array.from({ length: size.users }, () => registerUser(base)));
  const [owner] = users;
  if (owner === undefined) throw new Error('a load needs a user');
  const rooms = await makeRooms(owner, users.slice(1), size.rooms);
  const mediaPath = await upload(base, owner);
  const acked = new Map<string, string>();
  const failures: Failure[] = [];
  const count = { requests: 0, longPolls: 0 };
  let stopping = false;

  const request = async (user: User, method: string, path: string, body?: object): Promise<Json | undefined> => {
    const outcome = await tried(() => user.call(method, path, body, 30_000));
    count.requests += 1;
    if (typeof outcome === 'object' && outcome.status === 200) return outcome.json;
    const said = typeof outcome === 'string' ? outcome : `${outcome.status} ${outcome.text.slice(0, 200)}`;
    failures.push({ request: `${method} ${path.replace(/[?].*/, '')}`, outcome: said });
    return undefined;
  };
  const turn = turnOf(request, { rooms, mediaPath, acked });
  const loops = users.map(async (user) => {
    for (let index = 0; !stopping; index++) await turn(user, index);
  });
  const polls = users.map(async (user) => {
    let since = textAt(await user.ok('GET', '/_matrix/client/v3/sync?timeout=0'), 'next_batch');
    while (!stopping) {
      const answer = await request(
        user,
        'GET',
        `/_matrix/client/v3/sync?timeout=5000&since=${encodeURIComponent(since)}`,
      );
      count.longPolls += 1;
      if (answer !== undefined) since = textAt(answer, 'next_batch');
    }
  });
  const all = Promise.all([...loops, ...polls]);
  return {
    get requests() {
      return count.requests;
    },
    get longPolls() {
      return count.longPolls;
    },
    failures,
    users,
    rooms,
    acked,
    async reached(target) {
      const there = (async () => {
        while (count.requests < target) await new Promise((resolve) => setTimeout(resolve, 50));
      })();
      await Promise.race([there, all]);
    },
    async stop() {
      stopping = true;
      await all;
    },
  };
}

async function makeRooms(owner: User, others: readonly User[], count: number): Promise<string[]> {
  const rooms: string[] = [];
  for (let index = 0; index < count; index++) {
    const made = await owner.ok('POST', '/_matrix/client/v3/createRoom', { preset: 'public_chat' });
    const roomId = textAt(made, 'room_id');
    await Promise.all(others.map((user) => user.ok('POST', roomPath(roomId, 'join'), {})));
    rooms.push(roomId);
  }
  return rooms;
}

async function upload(base: string, user: User): Promise<string> {
  const answer = await send(base, 'POST', '/_matrix/media/v3/upload', {
    token: user.token,
    body: Buffer.from('a file'),
    headers: { 'content-type': 'text/plain' },
  });
  const [server, mediaId] = textAt(answer.json, 'content_uri').replace('mxc://', '').split('/');
  return `/_matrix/client/v1/media/download/${server}/${mediaId}`;
}

function turnOf(
  request: (user: User, method: string, path: string, body?: object) => Promise<Json | undefined>,
  world: { rooms: readonly string[]; mediaPath: string; acked: Map<string, string> },
): Turn {
  const { rooms, mediaPath, acked } = world;
  return async (user, index) => {
    const roomId = rooms[index % rooms.length] ?? '';
    const key = randomUUID();
    const sent = await request(user, 'PUT', roomPath(roomId, `send/m.room.message/${key}`), {
      msgtype: 'm.text',
      body: 'steady',
      key,
    });
    if (sent !== undefined) acked.set(key, textAt(sent, 'event_id'));
    const others = [
      () => request(user, 'GET', roomPath(roomId, 'state/m.room.create')),
      () => request(user, 'GET', `/_matrix/client/v3/profile/${encodeURIComponent(user.userId)}`),
      () => request(user, 'PUT', roomPath(roomId, `typing/${encodeURIComponent(user.userId)}`), { typing: false }),
      () => request(user, 'GET', '/_matrix/client/v3/account/whoami'),
      () => request(user, 'GET', roomPath(roomId, 'messages?dir=b&limit=5')),
      () => request(user, 'GET', '/_matrix/client/v3/joined_rooms'),
      () => request(user, 'GET', `/_matrix/client/v3/pushrules/`),
      () => request(user, 'POST', '/_matrix/client/v3/createRoom', {}),
    ];
    // A room is made now and then only: it costs as much as twenty messages.
    await others[index % (index % 64 === 7 ? 8 : 7)]?.();
    await media();

    async function media(): Promise<void> {
      if (index % 8 === 0) await request(user, 'GET', mediaPath);
    }
  };
}

async function tried<Answer>(work: () => Promise<Answer>): Promise<Answer | string> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof NoAnswerError) return `no answer: ${error.message}`;
    throw error;
  }
}

/** Key to event ids of every message of a room, by paging back through all of it. */
export async function keysOf(user: User, roomId: string): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  let from = '';
  for (;;) {
    const page = await user.ok('GET', roomPath(roomId, `messages?dir=b&limit=1000${from}`));
    const events = listAt(page, 'chunk');
    for (const event of events) {
      const key = keyOf(event);
      if (key !== undefined) found.set(key, [...(found.get(key) ?? []), textAt(event, 'event_id')]);
    }
    if (events.length === 0 || !hasEnd(page)) return found;
    from = `&from=${encodeURIComponent(textAt(page, 'end'))}`;
  }
}

function keyOf(event: Json): string | undefined {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return undefined;
  const { content } = event;
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return undefined;
  return typeof content['key'] === 'string' ? content['key'] : undefined;
}

function hasEnd(page: Json): boolean {
  return typeof page === 'object' && page !== null && !Array.isArray(page) && typeof page['end'] === 'string';
}
