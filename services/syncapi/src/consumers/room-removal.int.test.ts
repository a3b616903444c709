import { describe, expect, it } from 'vitest';
import { member, message } from '../testing/scripted-rooms.ts';
import { withReplica } from '../testing/with-replica.ts';

const alice = '@alice:example.org';
const bob = '@bob:example.org';
const { others, replica, applied } = await withReplica();
let rooms = 0;

function roomOfTwo(): string {
  rooms += 1;
  const roomId = `!removal${rooms}:example.org`;
  others.rooms.create(roomId, alice);
  others.rooms.send(roomId, [member(bob, 'join')]);
  return roomId;
}

const messages = (roomId: string, userId: string) =>
  replica.call('client.getRoomEvents', userId, { params: { roomId }, query: { dir: 'b', limit: '100' } });
const withLeft = JSON.stringify({ room: { include_leave: true } });

interface Shown {
  readonly type: string;
  readonly content: { readonly body?: string; readonly topic?: string };
}
const bodiesOf = (events: Shown[]) => events.flatMap(({ content }) => content.body ?? []);

describe('a room that is deleted', () => {
  it('is in no answer any more, and may come back under the same id as another', async () => {
    const roomId = roomOfTwo();
    others.rooms.send(roomId, [message(alice, 'gone')]);
    await applied();
    expect((await replica.sync(bob)).body.rooms.join).toHaveProperty([roomId]);
    others.rooms.notice({ $case: 'roomDeleted', value: { roomId } });
    await applied();
    const { body } = await replica.sync(bob, { filter: withLeft });
    expect(JSON.stringify(body)).not.toContain(roomId);
    expect((await messages(roomId, bob)).status).toBe(403);
    others.rooms.create(roomId, alice);
    others.rooms.send(roomId, [message(alice, 'anew')]);
    await applied();
    expect(bodiesOf((await messages(roomId, alice)).body.chunk)).toEqual(['anew']);
    expect((await messages(roomId, bob)).status).toBe(403);
  });

  it('is left for clients that were away, whether their users were still there or left as it was deleted', async () => {
    const [kept, emptied] = [roomOfTwo(), roomOfTwo()];
    await applied();
    const since = String((await replica.sync(bob)).body.next_batch);
    others.rooms.send(emptied, [member(bob, 'leave', alice)]);
    others.rooms.notice({ $case: 'roomDeleted', value: { roomId: kept } });
    others.rooms.notice({ $case: 'roomDeleted', value: { roomId: emptied } });
    await applied();
    const { rooms: told, next_batch: now } = (await replica.sync(bob, { since })).body;
    for (const roomId of [kept, emptied])
      expect(told.leave[roomId].timeline.events).toMatchObject([
        { type: 'm.room.member', state_key: bob, content: { membership: 'leave' } },
      ]);
    expect((await replica.sync(bob, { since: now })).body.rooms).toBeUndefined();
  });

  it('and made anew in one batch has what came after alone', async () => {
    const roomId = roomOfTwo();
    await applied();
    const { publish } = others.rooms;
    others.rooms.publish = () => undefined;
    others.rooms.send(roomId, [message(bob, 'before')]);
    others.rooms.notice({ $case: 'roomDeleted', value: { roomId } });
    others.rooms.create(roomId, alice);
    others.rooms.publish = publish;
    others.rooms.send(roomId, [message(alice, 'after')]);
    await applied();
    expect(bodiesOf((await messages(roomId, alice)).body.chunk)).toEqual(['after']);
    const filter = JSON.stringify({ room: { state: { lazy_load_members: true } } });
    const joined = (await replica.sync(alice, { filter })).body.rooms.join[roomId];
    expect(joined.summary['m.joined_member_count']).toBe(1);
  });
});

describe('history that is purged', () => {
  it('ends where it begins, and state goes on to be told', async () => {
    const roomId = roomOfTwo();
    others.rooms.send(roomId, [
      message(alice, 'one'),
      { sender: alice, type: 'm.room.topic', stateKey: '', content: { topic: 'kept' } },
      message(alice, 'two'),
    ]);
    const upTo = others.rooms.entries.length;
    others.rooms.send(roomId, [message(alice, 'three')]);
    await applied();
    others.rooms.notice({ $case: 'historyPurged', value: { roomId, upTo, keepsLocal: false } });
    await applied();
    const page = (await messages(roomId, alice)).body;
    expect(bodiesOf(page.chunk)).toEqual(['three']);
    expect(page.end).toBeUndefined();
    const joined = (await replica.sync(bob)).body.rooms.join[roomId];
    expect(bodiesOf(joined.timeline.events)).toEqual(['three']);
    expect(joined.timeline.limited).toBe(false);
    expect(joined.state.events.map(({ content }: Shown) => content.topic)).toContain('kept');
  });
});

describe('a room that is forgotten', () => {
  it('is told to be left, and then nothing of it, until its user comes back', async () => {
    const roomId = roomOfTwo();
    const since = await applied().then(async () => String((await replica.sync(bob)).body.next_batch));
    others.rooms.send(roomId, [member(bob, 'leave')]);
    await applied();
    expect((await messages(roomId, bob)).status).toBe(200);
    others.rooms.notice({ $case: 'roomForgotten', value: { roomId, userId: bob } });
    await applied();
    expect((await replica.sync(bob, { since })).body.rooms.leave).toHaveProperty([roomId]);
    expect(JSON.stringify((await replica.sync(bob, { filter: withLeft })).body)).not.toContain(roomId);
    expect((await messages(roomId, bob)).status).toBe(403);
    others.rooms.send(roomId, [member(bob, 'join')]);
    await applied();
    expect((await messages(roomId, bob)).status).toBe(200);
    others.rooms.send(roomId, [member(bob, 'leave')]);
    await applied();
    expect((await replica.sync(bob, { filter: withLeft })).body.rooms.leave).toHaveProperty([roomId]);
  });
});
