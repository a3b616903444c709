import { type JsonObject, parseUserId, type RoomId, roomVersion, type UserId } from '@plexus/matrix';
import type { RoomCommit } from '../committer/room-commit.ts';
import type { RoomserverContext } from '../context.ts';
import { newDraft } from '../room-actor/draft.ts';
import { LiveRoom } from '../room-actor/live-room.ts';
import { runStages } from '../room-actor/stages.ts';
import { withBenchContext } from './bench-context.ts';

export interface FillOptions {
  /** How many members each room is to have. */
  readonly sizes: readonly number[];
  /** The user of a number; number 0 makes the rooms. */
  readonly userOf: (number: number) => string;
  readonly progress: (members: number) => void;
}

/** Commits that may wait; the next events are built meanwhile. */
const MAX_WAITING = 1_024;
const NAMES_AT_ONCE = 64;
const ROOM_VERSION = '12';

/**
 * Makes rooms whose members have all joined by themselves, through the stages, the state store and the committer of the service: what is
 * left out is only the wire, and the look into the database for members that cannot be there yet. The rooms' ids, in order.
 */
export function fillRooms(postgresUrl: string, { sizes, userOf, progress }: FillOptions): Promise<string[]> {
  return withBenchContext(postgresUrl, async (context) => {
    const users = Array.from({ length: Math.max(...sizes) }, (_, number) => userIdOf(userOf(number)));
    await numberNames(context, users);
    const roomIds: string[] = [];
    for (const size of sizes) {
      roomIds.push(await fillRoom(context, users.slice(0, size)));
      progress(size);
    }
    return roomIds;
  });
}

async function fillRoom(context: RoomserverContext, members: readonly UserId[]): Promise<string> {
  const { stages, roomNumbers } = context.createRoom;
  const rules = roomVersion(ROOM_VERSION);
  const [creator] = members;
  if (rules === undefined || creator === undefined) throw new Error('a room without a version or a creator');
  const tip = { version: 0, extremities: [], snapshot: 0, depth: 0 };
  const room = new LiveRoom({ room: await roomNumbers.take(), rules, tip, read: async () => [] });
  const line = new CommitLine(context);
  let roomId: RoomId | undefined;
  const send = async (sender: UserId, type: string, stateKey: string, content: JsonObject) => {
    const command = {
      ...{ type, stateKey, content, sender, transaction: undefined, redacts: undefined, traceparent: '' },
      originServerTs: stages.clock.now(),
    };
    const draft = newDraft({ room, roomId, command, triedBefore: [], isRetry: false });
    const result = await runStages(draft, stages);
    if (draft.commit === undefined) throw new Error(`${type} was refused: ${JSON.stringify(result)}`);
    roomId ??= draft.built?.pdu.roomId;
    if (roomId === undefined) throw new Error('a room without a create event');
    const created = { roomId, roomVersion: rules.version, published: false, alias: undefined };
    await line.submit(draft.commit.expected === 0 ? { ...draft.commit, created } : draft.commit);
  };
  await send(creator, 'm.room.create', '', { room_version: rules.version });
  await send(creator, 'm.room.member', creator, { membership: 'join' });
  await send(creator, 'm.room.power_levels', '', { events: { 'm.room.topic': 0 } });
  await send(creator, 'm.room.join_rules', '', { join_rule: 'public' });
  for (const [index, user] of members.entries())
    if (index > 0) await send(user, 'm.room.member', user, { membership: 'join', displayname: `Member ${index}` });
  await line.drained();
  return roomId ?? '';
}

/** Hands commits over in their order, and waits when too many do. */
class CommitLine {
  readonly #committer: RoomserverContext['committer'];
  #waiting = 0;
  #failed: unknown;
  #wake: () => void = () => undefined;

  constructor({ committer }: RoomserverContext) {
    this.#committer = committer;
  }

  async submit(commit: RoomCommit): Promise<void> {
    this.#waiting++;
    this.#committer.submit(commit, (outcome) => {
      this.#waiting--;
      if (outcome.kind !== 'committed') this.#failed = outcome;
      this.#wake();
    });
    // The socket of the database has its turn too.
    if (this.#waiting % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
    await this.#until(MAX_WAITING);
  }

  drained(): Promise<void> {
    return this.#until(0);
  }

  async #until(most: number): Promise<void> {
    while (this.#waiting > most && this.#failed === undefined)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    if (this.#failed !== undefined) throw new Error('a commit was refused', { cause: this.#failed });
  }
}

/** The names of all members are made side by side: one after the other each would be two round trips. */
async function numberNames({ names }: RoomserverContext, users: readonly UserId[]): Promise<void> {
  for (let first = 0; first < users.length; first += NAMES_AT_ONCE)
    await Promise.all(
      users
        .slice(first, first + NAMES_AT_ONCE)
        .flatMap((user) => [names.number('user', user), names.number('stateKey', user)]),
    );
}

function userIdOf(text: string): UserId {
  const user = parseUserId(text);
  if (user === undefined) throw new Error(`${text} is no user id`);
  return user;
}
