import { expect, it } from 'vitest';
import { message } from '../../testing/scripted-rooms.ts';
import { withReplica } from '../../testing/with-replica.ts';

const alice = '@alice:example.org';
const roomId = '!branches:example.org';
const dummy = { sender: alice, type: 'org.matrix.dummy_event', content: {} };
const { others, replica, applied } = await withReplica();

interface Shown {
  readonly type: string;
  readonly event_id: string;
}

it('events by which servers join branches are in nothing that clients are told, and end no wait', async () => {
  others.rooms.create(roomId, alice);
  const [first = ''] = others.rooms.send(roomId, [message(alice, 'before')]);
  await applied();
  const { next_batch: since } = (await replica.sync(alice)).body;
  const waiting = replica.sync(alice, { since, timeout: '20000' });
  const [joining = ''] = others.rooms.send(roomId, [dummy]);
  await applied();
  others.rooms.send(roomId, [message(alice, 'after')]);
  const timelines = [
    (await waiting).body.rooms.join[roomId].timeline.events,
    (await replica.sync(alice)).body.rooms.join[roomId].timeline.events,
    (await replica.call('client.getRoomEvents', alice, { params: { roomId }, query: { dir: 'b' } })).body.chunk,
    (await replica.call('client.getEventContext', alice, { params: { roomId, eventId: first } })).body.events_after,
  ];
  const types = timelines.map((events: Shown[]) => events.map((event) => event.type));
  expect(types[0]).toEqual(['m.room.message']);
  expect(types.flat()).not.toContain(dummy.type);
  expect(timelines.every((events: Shown[]) => events.some((event) => event.type === 'm.room.message'))).toBe(true);
  const asked = await replica.call('client.getEventContext', alice, { params: { roomId, eventId: joining } });
  expect(asked.status).toBe(404);
});
