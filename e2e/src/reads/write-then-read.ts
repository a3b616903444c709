import { randomUUID } from 'node:crypto';
import { type Answer, at, type Json, listAt, textAt } from '../stack/http-client.ts';
import { roomPath, type User } from '../stack/user.ts';
import { accountDataOf, eventIds, type ReadingUser, roomOf } from './reading-user.ts';

/** Reads that did not see a write that had been answered. */
export type Miss = string;

/**
 * One round: every write of the client API in a room of its own, each followed at once by the reads that must
 * see it.
 */
export async function writeThenRead(alice: ReadingUser, bob: ReadingUser): Promise<Miss[]> {
  const round = new Round(alice, bob);
  await round.create();
  await round.invite();
  await round.join();
  await round.talk();
  await round.changeState();
  await round.redact();
  await round.mark();
  await round.setAccountData();
  await round.ignore();
  await round.changeProfile();
  await round.addAlias();
  await round.removeAndForget();
  await round.upgrade();
  return round.misses;
}

class Round {
  readonly misses: Miss[] = [];
  readonly #alice: ReadingUser;
  readonly #bob: ReadingUser;
  #roomId = '';
  #eventId = '';

  constructor(alice: ReadingUser, bob: ReadingUser) {
    this.#alice = alice;
    this.#bob = bob;
  }

  async create(): Promise<void> {
    // Where the users are before the round: the room is news.
    await Promise.all([this.#alice.sync('!none:localhost'), this.#bob.sync('!none:localhost')]);
    const made = await this.#alice.user.ok('POST', '/_matrix/client/v3/createRoom', {
      name: 'Round',
      preset: 'private_chat',
    });
    this.#roomId = textAt(made, 'room_id');
    await Promise.all([
      this.#seesMembership('createRoom', this.#alice, this.#alice, 'join'),
      this.#synced('createRoom', this.#alice, (sync) => roomOf(sync, 'join', this.#roomId) !== undefined),
      this.#answers('createRoom', this.#alice, 'state/m.room.name', ({ json }) => at(json, 'name') === 'Round'),
    ]);
  }

  async invite(): Promise<void> {
    await this.#write(this.#alice.user, 'POST', 'invite', { user_id: this.#bob.userId });
    await Promise.all([
      this.#synced('invite', this.#bob, (sync) => roomOf(sync, 'invite', this.#roomId) !== undefined),
      this.#answers(
        'invite',
        this.#alice,
        `state/m.room.member/${encodeURIComponent(this.#bob.userId)}`,
        ({ json }) => at(json, 'membership') === 'invite',
      ),
    ]);
  }

  async join(): Promise<void> {
    await this.#write(this.#bob.user, 'POST', 'join', {});
    await Promise.all([
      this.#seesMembership('join', this.#bob, this.#bob, 'join'),
      this.#seesMembership('join', this.#alice, this.#bob, 'join'),
      this.#synced('join', this.#bob, (sync) => roomOf(sync, 'join', this.#roomId) !== undefined),
    ]);
  }

  async talk(): Promise<void> {
    const path = `send/m.room.message/${randomUUID()}`;
    const sent = await this.#write(this.#bob.user, 'PUT', path, { msgtype: 'm.text', body: 'hello' });
    this.#eventId = textAt(sent, 'event_id');
    await Promise.all([
      this.#seesEvent('send', this.#bob, this.#eventId),
      this.#seesEvent('send', this.#alice, this.#eventId),
      this.#answers(
        'send',
        this.#bob,
        `event/${this.#eventId}`,
        ({ json }) => at(json, 'unsigned', 'transaction_id') !== undefined,
      ),
    ]);
  }

  async changeState(): Promise<void> {
    const topic = randomUUID();
    const sent = await this.#write(this.#alice.user, 'PUT', 'state/m.room.topic', { topic });
    const isCurrent = ({ json }: Answer) => at(json, 'topic') === topic;
    await Promise.all([
      this.#seesEvent('state', this.#bob, textAt(sent, 'event_id')),
      this.#answers('state', this.#bob, 'state/m.room.topic', isCurrent),
      this.#answers('state', this.#alice, 'state/m.room.topic/', isCurrent),
      this.#answers('state', this.#bob, 'state', ({ json }) =>
        eventIds(listAt(json)).includes(textAt(sent, 'event_id')),
      ),
    ]);
  }

  async redact(): Promise<void> {
    await this.#write(this.#bob.user, 'PUT', `redact/${this.#eventId}/${randomUUID()}`, {});
    const isRedacted = (event: Json | undefined) =>
      at(event, 'content', 'body') === undefined && at(event, 'unsigned', 'redacted_because') !== undefined;
    await Promise.all([
      this.#answers('redact', this.#alice, `event/${this.#eventId}`, ({ json }) => isRedacted(json)),
      this.#answers('redact', this.#alice, `context/${this.#eventId}`, ({ json }) => isRedacted(at(json, 'event'))),
      this.#answers('redact', this.#bob, 'messages?dir=b&limit=50', ({ json }) =>
        isRedacted(listAt(json, 'chunk').find((event) => at(event, 'event_id') === this.#eventId)),
      ),
    ]);
  }

  async mark(): Promise<void> {
    const path = `send/m.room.message/${randomUUID()}`;
    const sent = await this.#write(this.#alice.user, 'PUT', path, { msgtype: 'm.text', body: 'read me' });
    this.#eventId = textAt(sent, 'event_id');
    await this.#write(this.#bob.user, 'POST', `receipt/m.read/${this.#eventId}`, {});
    const hasReceipt = (sync: Json) =>
      listAt(roomOf(sync, 'join', this.#roomId), 'ephemeral', 'events').some(
        (event) => at(event, 'content', this.#eventId, 'm.read', this.#bob.userId) !== undefined,
      );
    await Promise.all([
      this.#synced('receipt', this.#alice, hasReceipt),
      this.#synced('receipt', this.#bob, hasReceipt),
    ]);
    await this.#write(this.#bob.user, 'POST', 'read_markers', { 'm.fully_read': this.#eventId });
    await this.#synced(
      'read_markers',
      this.#bob,
      (sync) => at(accountDataOf(roomOf(sync, 'join', this.#roomId), 'm.fully_read'), 'event_id') === this.#eventId,
    );
  }

  async setAccountData(): Promise<void> {
    const { user } = this.#bob;
    const mine = `/_matrix/client/v3/user/${encodeURIComponent(user.userId)}`;
    const value = randomUUID();
    await user.ok('PUT', `${mine}/account_data/org.example.round`, { value });
    await this.#synced(
      'account_data',
      this.#bob,
      (sync) => at(accountDataOf(sync, 'org.example.round'), 'value') === value,
    );
    const room = `${mine}/rooms/${encodeURIComponent(this.#roomId)}`;
    await user.ok('PUT', `${room}/tags/m.favourite`, { order: 0.5 });
    await this.#synced(
      'tags',
      this.#bob,
      (sync) => at(accountDataOf(roomOf(sync, 'join', this.#roomId), 'm.tag'), 'tags', 'm.favourite') !== undefined,
    );
    const rule = `/_matrix/client/v3/pushrules/global/room/${encodeURIComponent(this.#roomId)}`;
    await user.ok('PUT', rule, { actions: [] });
    await this.#synced('pushrules', this.#bob, (sync) =>
      JSON.stringify(accountDataOf(sync, 'm.push_rules') ?? {}).includes(this.#roomId),
    );
    await user.ok('DELETE', rule);
    await this.#synced(
      'pushrules',
      this.#bob,
      (sync) => !JSON.stringify(accountDataOf(sync, 'm.push_rules') ?? this.#roomId).includes(this.#roomId),
    );
  }

  async ignore(): Promise<void> {
    const { user } = this.#bob;
    const list = `/_matrix/client/v3/user/${encodeURIComponent(user.userId)}/account_data/m.ignored_user_list`;
    const shows = ({ json }: Answer) => eventIds(listAt(json, 'chunk')).includes(this.#eventId);
    await user.ok('PUT', list, { ignored_users: { [this.#alice.userId]: {} } });
    await Promise.all([
      this.#answers('ignore', this.#bob, 'messages?dir=b&limit=50', (answer) => !shows(answer)),
      this.#answers('ignore', this.#bob, `event/${this.#eventId}`, ({ status }) => status === 404, 404),
    ]);
    await user.ok('PUT', list, { ignored_users: {} });
    await Promise.all([
      this.#answers('unignore', this.#bob, 'messages?dir=b&limit=50', shows),
      this.#answers('unignore', this.#bob, `event/${this.#eventId}`, ({ status }) => status === 200),
    ]);
  }

  async changeProfile(): Promise<void> {
    const displayname = randomUUID();
    const { user, userId } = this.#bob;
    await user.ok('PUT', `/_matrix/client/v3/profile/${encodeURIComponent(userId)}/displayname`, { displayname });
    const isNew = (member: Json | undefined) => at(member, 'content', 'displayname') === displayname;
    await Promise.all([
      this.#answers('displayname', this.#alice, 'members', ({ json }) => isNew(memberOf(json, userId))),
      this.#answers(
        'displayname',
        this.#alice,
        'joined_members',
        ({ json }) => at(json, 'joined', userId, 'display_name') === displayname,
      ),
      this.#answers('displayname', this.#bob, 'messages?dir=b&limit=1', ({ json }) => isNew(listAt(json, 'chunk')[0])),
    ]);
  }

  async addAlias(): Promise<void> {
    const alias = `#${randomUUID()}:localhost`;
    const path = `/_matrix/client/v3/directory/room/${encodeURIComponent(alias)}`;
    await this.#alice.user.ok('PUT', path, { room_id: this.#roomId });
    await this.#answers('alias', this.#bob, 'aliases', ({ json }) => listAt(json, 'aliases').includes(alias));
  }

  async removeAndForget(): Promise<void> {
    const user_id = this.#bob.userId;
    const hasLeft = (sync: Json) => roomOf(sync, 'leave', this.#roomId) !== undefined;
    await this.#write(this.#alice.user, 'POST', 'kick', { user_id });
    await Promise.all([
      this.#synced('kick', this.#bob, hasLeft),
      this.#answers('kick', this.#bob, 'joined_members', ({ status }) => status === 403, 403),
      this.#answers('kick', this.#bob, `event/${this.#eventId}`, ({ status }) => status === 200),
    ]);
    await this.#write(this.#alice.user, 'POST', 'ban', { user_id });
    await this.#seesMembership('ban', this.#alice, this.#bob, 'ban');
    await this.#write(this.#alice.user, 'POST', 'unban', { user_id });
    await this.#seesMembership('unban', this.#alice, this.#bob, 'leave');
    await this.#write(this.#bob.user, 'POST', 'forget', {});
    await Promise.all([
      this.#answers('forget', this.#bob, 'messages?dir=b', ({ status }) => status === 403, 403),
      this.#answers('forget', this.#bob, `event/${this.#eventId}`, ({ status }) => status === 404, 404),
    ]);
    await this.#write(this.#alice.user, 'POST', 'invite', { user_id });
    await this.#write(this.#bob.user, 'POST', 'join', {});
    await this.#seesMembership('join', this.#bob, this.#bob, 'join');
    await this.#write(this.#bob.user, 'POST', 'leave', {});
    await Promise.all([
      this.#synced('leave', this.#bob, hasLeft),
      this.#seesMembership('leave', this.#alice, this.#bob, 'leave'),
    ]);
  }

  async upgrade(): Promise<void> {
    const upgraded = await this.#write(this.#alice.user, 'POST', 'upgrade', { new_version: '11' });
    const successor = textAt(upgraded, 'replacement_room');
    await this.#answers(
      'upgrade',
      this.#alice,
      'state/m.room.tombstone',
      ({ json }) => at(json, 'replacement_room') === successor,
    );
    this.#roomId = successor;
    await this.#seesMembership('upgrade', this.#alice, this.#alice, 'join');
  }

  #write(user: User, method: string, rest: string, body: object): Promise<Json> {
    return user.ok(method, roomPath(this.#roomId, rest), body);
  }

  /** Every endpoint that shows an event of the timeline. */
  async #seesEvent(write: string, reader: ReadingUser, eventId: string): Promise<void> {
    await Promise.all([
      this.#answers(write, reader, 'messages?dir=b&limit=10', ({ json }) =>
        eventIds(listAt(json, 'chunk')).includes(eventId),
      ),
      this.#answers(write, reader, `context/${eventId}`, ({ json }) => at(json, 'event', 'event_id') === eventId),
      this.#answers(write, reader, `event/${eventId}`, ({ json }) => at(json, 'event_id') === eventId),
      this.#synced(write, reader, (sync) =>
        eventIds(listAt(roomOf(sync, 'join', this.#roomId), 'timeline', 'events')).includes(eventId),
      ),
    ]);
  }

  /** Every endpoint that shows who is in the room. */
  async #seesMembership(write: string, reader: ReadingUser, member: ReadingUser, membership: string): Promise<void> {
    const { userId } = member;
    const is = (event: Json | undefined) => at(event, 'content', 'membership') === membership;
    await Promise.all([
      this.#answers(write, reader, 'members', ({ json }) => is(memberOf(json, userId))),
      this.#answers(
        write,
        reader,
        `state/m.room.member/${encodeURIComponent(userId)}`,
        ({ json }) => at(json, 'membership') === membership,
      ),
      this.#answers(
        write,
        reader,
        'joined_members',
        ({ json }) => (at(json, 'joined', userId) !== undefined) === (membership === 'join'),
      ),
      this.#answers(write, reader, 'state', ({ json }) => is(memberOf({ chunk: listAt(json) }, userId))),
      this.#answers(write, reader, 'messages?dir=b&limit=10', ({ json }) =>
        is(listAt(json, 'chunk').find((event) => at(event, 'state_key') === userId)),
      ),
    ]);
  }

  async #answers(
    write: string,
    reader: ReadingUser,
    rest: string,
    isSeen: (answer: Answer) => boolean,
    expected = 200,
  ): Promise<void> {
    for (const [replica, answer] of (await reader.readRoom(this.#roomId, rest)).entries()) {
      if (answer.status === expected && isSeen(answer)) continue;
      this.misses.push(
        `${write}, then GET ${rest} of replica ${replica}: ${answer.status} ${answer.text.slice(0, 300)}`,
      );
    }
  }

  async #synced(write: string, reader: ReadingUser, isSeen: (sync: Json) => boolean): Promise<void> {
    const { initial, incremental } = await reader.sync(this.#roomId);
    for (const [kind, answers] of Object.entries({ initial, incremental })) {
      for (const [replica, answer] of answers.entries()) {
        if (isSeen(answer)) continue;
        const text = JSON.stringify(answer).slice(0, 300);
        this.misses.push(`${write}, then an ${kind} /sync of replica ${replica}: ${text}`);
      }
    }
  }
}

function memberOf(members: Json, userId: string): Json | undefined {
  return listAt(members, 'chunk').find(
    (event) => at(event, 'type') === 'm.room.member' && at(event, 'state_key') === userId,
  );
}
