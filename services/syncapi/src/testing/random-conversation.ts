import { DUMMY_EVENT_TYPE } from '@plexus/matrix';
import fc from 'fast-check';
import { member, message, type ScriptedEvent } from './scripted-rooms.ts';
import type { MemoryReplica, SharedIndex } from './two-sources.ts';

/** What happens in a step; the numbers choose among users, rooms and events by their remainders, so any step can be left out by shrinking. */
export interface Step {
  readonly kind: (typeof kinds)[number];
  readonly user: number;
  readonly room: number;
  readonly choice: number;
  readonly count: number;
}

const kinds = [
  'messages',
  'messages',
  'messages',
  'topic',
  'topic',
  'join',
  'join',
  'leave',
  'kick',
  'ban',
  'invite',
  'knock',
  'rename',
  'message_then_rename',
  'message_then_rename',
  'message_after_kick',
  'message_after_kick',
  'message_after_kick',
  'visibility',
  'visibility',
  'bring_back',
  'redact',
  'dummy',
  'receipt',
  'typing',
  'account_data',
  'ignore',
  'purge',
  'delete',
] as const;

export const steps = fc.array(
  fc.record<Step>({
    kind: fc.constantFrom(...kinds),
    user: fc.nat(2),
    room: fc.constantFrom(0, 0, 0, 1),
    choice: fc.nat(9),
    count: fc.integer({ min: 1, max: 4 }),
  }),
  { minLength: 1, maxLength: 6 },
);

const visibilities = ['shared', 'joined', 'invited', 'world_readable'];

/** A few users in two rooms. Nothing is checked here as roomserver would: /sync has to bear any order of memberships. */
export class Conversation {
  readonly userIds: readonly string[];
  readonly roomIds: readonly string[];
  readonly #shared: SharedIndex;
  readonly #purgedUpTo = new Map<string, number>();
  #version = 0;

  constructor(shared: SharedIndex) {
    this.#shared = shared;
    this.userIds = ['a', 'b', 'c', 'd', 'e'].map((user) => `@${user}:example.org`);
    this.roomIds = ['one', 'two'].map((room) => `!${room}:example.org`);
    for (const roomId of this.roomIds) this.#create(roomId);
  }

  #create(roomId: string): void {
    const [a = '', b = ''] = this.userIds;
    this.#shared.rooms.create(roomId, a);
    this.#shared.rooms.send(roomId, [member(b, 'join')]);
  }

  /** Carries out a step, of the logs that `replica` alone is fed from directly too. */
  async step({ kind, user, room, choice, count }: Step, replica: MemoryReplica): Promise<void> {
    const { rooms, users } = this.#shared;
    const roomId = pick(this.roomIds, room);
    const userId = pick(this.userIds, user);
    const other = pick(this.userIds, (user + 1 + (choice % 2)) % 3);
    const send = (...events: ScriptedEvent[]) => void rooms.send(roomId, events);
    switch (kind) {
      case 'messages': {
        const own = { deviceId: 'DEVICE', transactionId: `t${choice}` };
        // More than a response looks at, once in a while.
        const many = choice === 9 && count === 4 ? 1100 : count;
        send(
          ...Array.from({ length: many }, (_, index) => ({
            ...message(userId, `m${index}`),
            ...(choice === 1 && own),
          })),
        );
        break;
      }
      case 'topic':
        send({ sender: userId, type: 'm.room.topic', stateKey: '', content: { topic: `topic ${choice}` } });
        break;
      case 'join':
        send(member(userId, 'join'));
        break;
      case 'leave':
        send(member(userId, 'leave'));
        break;
      case 'kick':
        send(member(other, 'leave', userId));
        break;
      case 'ban':
        send(member(other, 'ban', userId));
        break;
      case 'invite':
        send(member(other, 'invite', userId));
        break;
      case 'knock':
        send(member(userId, 'knock'));
        break;
      case 'rename':
        if (this.#membership(roomId, userId) !== 'join') break;
        send({ ...member(userId, 'join'), content: { membership: 'join', displayname: `name ${choice}` } });
        break;
      case 'message_then_rename': {
        if (this.#membership(roomId, userId) !== 'join') break;
        const renamed = { membership: 'join', displayname: `name ${choice}` };
        send(message(userId, 'under the old name'), { ...member(userId, 'join'), content: renamed });
        break;
      }
      case 'message_after_kick':
        send(message(userId, 'seen'), member(other, 'leave', userId), message(userId, 'not seen'));
        send(member(other, choice < 4 ? 'ban' : 'invite', userId));
        if (choice > 7) send(message(userId, 'not seen either'), member(other, 'leave'));
        break;
      case 'visibility': {
        const content = { history_visibility: pick(visibilities, choice) };
        send({ sender: userId, type: 'm.room.history_visibility', stateKey: '', content });
        break;
      }
      case 'bring_back':
        this.#bringBack(roomId, userId, choice);
        break;
      case 'redact':
        this.#redact(roomId, userId, choice);
        break;
      case 'dummy':
        send({ sender: userId, type: DUMMY_EVENT_TYPE, content: {} });
        break;
      case 'receipt':
        await this.#receipt(roomId, userId, choice, replica);
        break;
      case 'typing':
        this.#version += 1;
        replica.setTyping(roomId, choice < 3 ? [] : [userId], this.#version);
        break;
      case 'account_data':
        users.set(userId, choice < 5 ? roomId : undefined, `org.example.${choice % 3}`, { count });
        break;
      case 'ignore':
        users.set(userId, undefined, 'm.ignored_user_list', { ignored_users: choice < 3 ? {} : { [other]: {} } });
        break;
      case 'purge':
        if (choice > 2) break;
        this.#purgedUpTo.set(roomId, rooms.entries.length);
        rooms.notice({ $case: 'historyPurged', value: { roomId, upTo: rooms.entries.length, keepsLocal: false } });
        break;
      case 'delete':
        if (choice > 1) break;
        rooms.notice({ $case: 'roomDeleted', value: { roomId } });
        if (choice === 1) this.#create(roomId);
        break;
    }
  }

  /** Up to this position nothing is left of the room's timeline, though its state events are still there. */
  purgedUpTo(roomId: string): number {
    return this.#purgedUpTo.get(roomId) ?? 0;
  }

  /** The events of a room that are left, in order, with their positions. */
  events(roomId: string) {
    return this.#shared.rooms.entries.flatMap(({ position, kind }) =>
      kind?.$case === 'event' && kind.value.roomId === roomId ? [{ position, event: kind.value }] : [],
    );
  }

  #membership(roomId: string, userId: string): string | undefined {
    const changes = this.events(roomId).flatMap(({ event }) => event.stateChanges);
    return changes.findLast(({ type, stateKey }) => type === 'm.room.member' && stateKey === userId)?.membership;
  }

  #bringBack(roomId: string, userId: string, choice: number): void {
    const states = this.events(roomId).filter(
      ({ event }) => event.stateKey !== undefined && event.type !== 'm.room.create',
    );
    if (states.length > 0) this.#shared.rooms.bringBack(roomId, userId, pick(states, choice).event.eventId);
  }

  #redact(roomId: string, userId: string, choice: number): void {
    const messages = this.events(roomId).filter(({ event }) => event.type === 'm.room.message');
    if (messages.length > 0)
      this.#shared.rooms.redact(roomId, pick(messages.toReversed(), choice).event.eventId, userId);
  }

  async #receipt(roomId: string, userId: string, choice: number, replica: MemoryReplica): Promise<void> {
    const target = this.events(roomId).at(-1 - (choice % 3));
    if (target === undefined) return;
    const receiptType = choice % 2 === 0 ? 'm.read' : 'm.read.private';
    const threadId = choice > 6 ? 'main' : undefined;
    const { eventId } = target.event;
    await replica.setReceipt(
      { roomId, userId, receiptType, threadId, eventId, eventPosition: target.position },
      choice,
    );
  }
}

export function pick<Item>(items: readonly Item[], number: number): Item {
  const item = items[number % items.length];
  if (item === undefined) throw new Error('nothing to pick');
  return item;
}
