import { randomUUID } from 'node:crypto';
import { at, type Json, listAt, NoAnswerError, textAt } from '../stack/http-client.ts';
import { registerUser, roomPath, type User } from '../stack/user.ts';

/** What a driver knows of one message: what it said, and the event id the server acked. */
export interface Acked {
  readonly roomId: string;
  readonly key: string;
  readonly eventId: string;
}

export interface Load {
  readonly users: readonly User[];
  readonly rooms: readonly string[];
  /** Messages acked so far. */
  readonly acked: readonly Acked[];
  /** Ids of events that one transaction id was acked with more than once, differently. */
  readonly contradictions: readonly string[];
  /** Resolves when so many more messages were acked. */
  advance(count: number): Promise<void>;
  /** Every sender finishes the message in hand. */
  stop(): Promise<void>;
}

/** A message is repeated, with its transaction id, for this long: as a client does while a server restarts. */
const GIVE_UP_MS = 60_000;
const PAUSE_MS = 50;

/** Users who all talk in all rooms, each one message after another, until stopped. */
export async function startLoad(base: string, size: { users: number; rooms: number }): Promise<Load> {
  const users = await Promise.all(Array.from({ length: size.users }, () => registerUser(base)));
  const [owner] = users;
  if (owner === undefined) throw new Error('a load needs a user');
  const rooms: string[] = [];
  for (let i = 0; i < size.rooms; i++) {
    const made = await owner.ok('POST', '/_matrix/client/v3/createRoom', { preset: 'public_chat' });
    const roomId = textAt(made, 'room_id');
    await Promise.all(users.slice(1).map((user) => user.ok('POST', roomPath(roomId, 'join'), {})));
    rooms.push(roomId);
  }
  const acked: Acked[] = [];
  const contradictions: string[] = [];
  let stopping = false;
  const senders = users.map(async (user, index) => {
    for (let i = 0; !stopping; i++) {
      const roomId = rooms[(index + i) % rooms.length] ?? '';
      const key = randomUUID();
      const eventId = await sendUntilAcked(user, roomId, key);
      acked.push({ roomId, key, eventId });
      // Said again, as after an answer that got lost: it must be the same event.
      if (i % 5 === 0 && (await sendUntilAcked(user, roomId, key)) !== eventId) contradictions.push(eventId);
    }
  });
  // A sender that fails ends the test where it waits: in advance() or in stop().
  const all = Promise.all(senders);
  return {
    users,
    rooms,
    acked,
    contradictions,
    async advance(count) {
      const target = acked.length + count;
      const reached = (async () => {
        while (acked.length < target) await pause();
      })();
      await Promise.race([reached, all]);
    },
    async stop() {
      stopping = true;
      await all;
    },
  };
}

async function sendUntilAcked(user: User, roomId: string, key: string): Promise<string> {
  const deadline = performance.now() + GIVE_UP_MS;
  const path = roomPath(roomId, `send/m.room.message/${key}`);
  for (;;) {
    try {
      const answer = await user.call('PUT', path, { msgtype: 'm.text', body: 'load', key }, 10_000);
      if (answer.status === 200) return textAt(answer.json, 'event_id');
      if (answer.status < 500) throw new Error(`${path}: ${answer.status} ${answer.text}`);
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error;
    }
    if (performance.now() > deadline) throw new Error(`no ack in ${GIVE_UP_MS} ms: ${path}`);
    await pause();
  }
}

/** How often each key stands in a room, by paging back through all of it. */
export async function readBack(user: User, roomId: string): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  let from = '';
  for (;;) {
    const query = `messages?dir=b&limit=100${from === '' ? '' : `&from=${encodeURIComponent(from)}`}`;
    const page = await user.ok('GET', roomPath(roomId, query));
    for (const event of listAt(page, 'chunk')) note(found, event);
    const end = at(page, 'end');
    if (typeof end !== 'string' || listAt(page, 'chunk').length === 0) return found;
    from = end;
  }
}

/** A reader who long-polls all the while and keeps what it was told, gaps filled as a client fills them. */
export async function startReader(
  user: User,
): Promise<{ found: Map<string, string[]>; stop(wanted: number): Promise<void> }> {
  const found = new Map<string, string[]>();
  const filter = encodeURIComponent(JSON.stringify({ room: { timeline: { limit: 500 } } }));
  const first = await user.ok('GET', `/_matrix/client/v3/sync?filter=${filter}`);
  let since = textAt(first, 'next_batch');
  let stopping = false;
  const take = (sync: Json): void => {
    const joined = at(sync, 'rooms', 'join');
    if (typeof joined !== 'object' || joined === null) return;
    for (const room of Object.values(joined))
      for (const event of listAt(room, 'timeline', 'events')) note(found, event);
  };
  const limited = (sync: Json): boolean => {
    const joined = at(sync, 'rooms', 'join');
    return (
      typeof joined === 'object' &&
      joined !== null &&
      Object.values(joined).some((room) => at(room, 'timeline', 'limited') === true)
    );
  };
  take(first);
  const loop = (async () => {
    while (!stopping) {
      try {
        const query = `timeout=2000&since=${encodeURIComponent(since)}&filter=${filter}`;
        const answer = await user.call('GET', `/_matrix/client/v3/sync?${query}`, undefined, 15_000);
        if (answer.status === 200) {
          if (limited(answer.json))
            throw new Error('the reader fell behind 500 events; the load is too fast for this test');
          take(answer.json);
          since = textAt(answer.json, 'next_batch');
        } else if (answer.status < 500) throw new Error(`sync: ${answer.status} ${answer.text}`);
        else await pause();
      } catch (error) {
        if (!(error instanceof NoAnswerError)) throw error;
        await pause();
      }
    }
  })();
  return {
    found,
    async stop(wanted) {
      const complete = (async () => {
        const deadline = performance.now() + 30_000;
        while (found.size < wanted && performance.now() < deadline) await pause();
      })();
      await Promise.race([complete, loop]);
      stopping = true;
      await loop;
    },
  };
}

function note(found: Map<string, string[]>, event: Json): void {
  const key = at(event, 'content', 'key');
  if (typeof key !== 'string') return;
  const ids = found.get(key) ?? [];
  ids.push(textAt(event, 'event_id'));
  found.set(key, ids);
}

/** The pace of a driver that waits for a server to come back; nothing is decided by it. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}
