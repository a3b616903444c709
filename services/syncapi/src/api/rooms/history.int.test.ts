import { describe, expect, it } from 'vitest';
import { member, message, type ScriptedEvent } from '../../testing/scripted-rooms.ts';
import { withReplica } from '../../testing/with-replica.ts';

const alice = '@alice:example.org';
const carl = '@carl:one.example';
const { others, replica, applied } = await withReplica();

interface Shown {
  readonly event_id: string;
  readonly content: { readonly body?: string };
}
const bodiesOf = (events: Shown[]) => events.flatMap(({ content }) => content.body ?? []);

const messages = (roomId: string, query: Record<string, string>) =>
  replica.call('client.getRoomEvents', alice, { params: { roomId }, query });
const context = (roomId: string, eventId: string, limit = '4') =>
  replica.call('client.getEventContext', alice, { params: { roomId, eventId }, query: { limit } });

/** Bodies on all pages from a token, or from one end, to the other. */
async function pagesOf(roomId: string, dir: 'b' | 'f', limit: number, start?: string): Promise<string[]> {
  const events: Shown[] = [];
  let from = start;
  do {
    const { body } = await messages(roomId, { dir, limit: String(limit), ...(from !== undefined && { from }) });
    events.push(...body.chunk);
    from = body.end;
  } while (from !== undefined);
  return bodiesOf(events);
}

const old = (body: string, depth: number): ScriptedEvent & { depth: number } => ({ ...message(carl, body), depth });
const visibility = (value: string): ScriptedEvent => ({
  sender: carl,
  type: 'm.room.history_visibility',
  stateKey: '',
  content: { history_visibility: value },
});

let rooms = 0;
/** A room that Alice has come into; `came` is the place right before. */
async function joinedRoom(): Promise<{ roomId: string; came: number }> {
  rooms += 1;
  const roomId = `!history${rooms}:one.example`;
  const came = others.rooms.entries.length;
  others.rooms.send(roomId, [member(alice, 'join'), message(alice, 'hello')]);
  await applied();
  return { roomId, came };
}

describe('history that comes late', () => {
  it('is paged in the order of the room, whatever piece came first, in pages of any size, both ways', async () => {
    const { roomId, came } = await joinedRoom();
    others.rooms.backfill(roomId, came, [old('3', 13), old('4', 14)]);
    others.rooms.send(roomId, [message(alice, 'again')]);
    others.rooms.backfill(roomId, came, [old('0', 10), old('1', 11), old('2', 12)]);
    await applied();
    const expected = ['0', '1', '2', '3', '4', 'hello', 'again'];
    for (const limit of [100, 3, 2, 1]) {
      expect(await pagesOf(roomId, 'b', limit)).toEqual(expected.toReversed());
      expect(await pagesOf(roomId, 'f', limit)).toEqual(expected);
    }
  });

  it('fills a gap where the gap was', async () => {
    const { roomId } = await joinedRoom();
    others.rooms.send(roomId, [message(carl, 'after the gap')]);
    const gap = others.rooms.entries.length - 1;
    others.rooms.send(roomId, [message(carl, 'later')]);
    others.rooms.backfill(roomId, gap, [old('within', 5)]);
    await applied();
    const expected = ['hello', 'within', 'after the gap', 'later'];
    expect(await pagesOf(roomId, 'f', 1)).toEqual(expected);
    expect(await pagesOf(roomId, 'b', 1)).toEqual(expected.toReversed());
  });

  it('leaves tokens that were given before as they are: nothing comes twice, and what comes in behind is found', async () => {
    const { roomId, came } = await joinedRoom();
    others.rooms.backfill(roomId, came, [old('3', 13), old('4', 14)]);
    await applied();
    const { body } = await messages(roomId, { dir: 'b', limit: '3' });
    expect(bodiesOf(body.chunk)).toEqual(['hello', '4']);
    others.rooms.backfill(roomId, came, [old('side of 4', 14), old('0', 10), old('2', 12)]);
    await applied();
    expect(await pagesOf(roomId, 'b', 2, body.end)).toEqual(['3', '2', '0']);
    expect(await pagesOf(roomId, 'f', 2, body.end)).toEqual(['4', 'side of 4', 'hello']);
  });

  it('is behind the places that /sync names, and no part of what it tells', async () => {
    const { roomId, came } = await joinedRoom();
    const { body: before } = await replica.sync(alice);
    others.rooms.backfill(roomId, came, [old('0', 10)]);
    others.rooms.send(roomId, [message(alice, 'new')]);
    await applied();
    const { body } = await replica.sync(alice, { since: before.next_batch });
    const { timeline } = body.rooms.join[roomId];
    expect(bodiesOf(timeline.events)).toEqual(['new']);
    expect(await pagesOf(roomId, 'b', 10, timeline.prev_batch)).toEqual(['hello', '0']);
    const initial = (await replica.sync(alice)).body.rooms.join[roomId].timeline;
    expect(bodiesOf(initial.events)).toEqual(['hello', 'new']);
    expect(await pagesOf(roomId, 'b', 10, initial.prev_batch)).toEqual(['0']);
  });

  it('is shown by the visibility and membership that held then', async () => {
    const { roomId, came } = await joinedRoom();
    others.rooms.backfill(roomId, came, [old('closed', 10)], [visibility('joined')]);
    others.rooms.backfill(roomId, came, [old('was there', 11)], [visibility('joined'), member(alice, 'join')]);
    others.rooms.backfill(roomId, came, [old('invited', 12)], [visibility('invited'), member(alice, 'invite', carl)]);
    others.rooms.backfill(roomId, came, [old('shared', 13)], [visibility('shared')]);
    await applied();
    expect(await pagesOf(roomId, 'b', 10)).toEqual(['hello', 'shared', 'invited', 'was there']);
  });

  it('has its context, with the events around it and tokens that go on from there', async () => {
    const { roomId, came } = await joinedRoom();
    const ids = others.rooms.backfill(roomId, came, [old('0', 10), old('1', 11), old('2', 12)]);
    const [hidden = ''] = others.rooms.backfill(roomId, came, [old('hidden', 9)], [visibility('joined')]);
    await applied();
    const { body } = await context(roomId, ids[1] ?? '', '2');
    expect(bodiesOf([body.event, ...body.events_before, ...body.events_after])).toEqual(['1', '0', '2']);
    expect(await pagesOf(roomId, 'b', 1, body.start)).toEqual([]);
    expect(await pagesOf(roomId, 'f', 1, body.end)).toEqual(['hello']);
    expect((await context(roomId, hidden)).status).toBe(404);
    expect((await context((await joinedRoom()).roomId, ids[1] ?? '')).status).toBe(404);
  });

  it('goes with what is purged, and with the room', async () => {
    const { roomId, came } = await joinedRoom();
    others.rooms.send(roomId, [message(alice, 'after')]);
    const upTo = others.rooms.entries.length - 1;
    others.rooms.backfill(roomId, came, [old('old', 10)]);
    others.rooms.backfill(roomId, upTo, [old('young', 10)]);
    others.rooms.notice({ $case: 'historyPurged', value: { roomId, upTo, keepsLocal: false } });
    await applied();
    expect(await pagesOf(roomId, 'f', 10)).toEqual(['young', 'after']);
    others.rooms.notice({ $case: 'roomDeleted', value: { roomId } });
    others.rooms.send(roomId, [member(alice, 'join')]);
    await applied();
    expect(await pagesOf(roomId, 'b', 10)).toEqual([]);
  });
});
