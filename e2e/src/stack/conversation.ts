import { randomUUID } from 'node:crypto';
import { textAt } from './http-client.ts';
import { registerUser, roomPath, type User } from './user.ts';

/** Two users in a room. */
export interface Conversation {
  readonly alice: User;
  readonly bob: User;
  readonly roomId: string;
}

export async function startConversation(base: string): Promise<Conversation> {
  const [alice, bob] = await Promise.all([registerUser(base), registerUser(base)]);
  const made = await alice.ok('POST', '/_matrix/client/v3/createRoom', { preset: 'public_chat' });
  const roomId = textAt(made, 'room_id');
  await bob.ok('POST', roomPath(roomId, 'join'), {});
  return { alice, bob, roomId };
}

/** Bob long-polls, Alice sends; resolves when he has it. `waiting` says when his poll waits. */
export async function deliverMessage(
  { alice, bob, roomId }: Conversation,
  body: string,
  waiting: () => Promise<void>,
): Promise<{ eventId: string }> {
  const since = await upToDate(bob);
  const send = async () => {
    await waiting();
    const path = roomPath(roomId, `send/m.room.message/${randomUUID()}`);
    return alice.ok('PUT', path, { msgtype: 'm.text', body });
  };
  const [sent] = await Promise.all([send(), pollFor(bob, since, body)]);
  return { eventId: textAt(sent, 'event_id') };
}

const QUIET_MS = 500;

/**
 * The token of a user who has been told everything there is: a poll has waited its whole time in vain. Else what comes late (of an account just
 * made, or a room just joined) could end the poll that the message is to end.
 */
export async function upToDate(user: User): Promise<string> {
  let since = textAt(await user.ok('GET', '/_matrix/client/v3/sync?timeout=0'), 'next_batch');
  for (;;) {
    const startedAt = performance.now();
    const query = `timeout=${QUIET_MS}&since=${encodeURIComponent(since)}`;
    since = textAt(await user.ok('GET', `/_matrix/client/v3/sync?${query}`), 'next_batch');
    if (performance.now() - startedAt >= QUIET_MS) return since;
  }
}

async function pollFor(user: User, from: string, body: string): Promise<void> {
  let since = from;
  for (let turn = 0; turn < 10; turn++) {
    const sync = await user.ok('GET', `/_matrix/client/v3/sync?timeout=20000&since=${encodeURIComponent(since)}`);
    if (JSON.stringify(sync).includes(body)) return;
    since = textAt(sync, 'next_batch');
  }
  throw new Error('the message did not come');
}

/** What the outside calls a room's or a user's: none of it may be seen in traces, metrics or logs. */
export function idsOf({ alice, bob, roomId }: Conversation): readonly string[] {
  return [roomId, ...[alice, bob].flatMap((user) => [user.userId, user.token, user.deviceId])];
}
