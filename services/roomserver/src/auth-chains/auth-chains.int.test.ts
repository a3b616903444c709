import { isEventId } from '@plexus/matrix';
import { sql } from '@plexus/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventKeyOf } from '../domain/event-key.ts';
import {
  alice,
  bob,
  event,
  makeRoom,
  member,
  openRoomserver,
  sent,
  stateOf,
  type TestRoomserver,
} from '../testing/open-roomserver.ts';

let roomserver: TestRoomserver;
beforeAll(async () => {
  roomserver = await openRoomserver();
});
afterAll(() => roomserver.close());

const selectNumber = sql('test_event_number', `SELECT event, snapshot FROM roomserver.events WHERE id_head = $1`);

async function stored(eventId: string): Promise<{ event: number; snapshot: number }> {
  if (!isEventId(eventId)) throw new Error(`${eventId} is no event id`);
  const [row] = await roomserver.database.query<{ event: number; snapshot: number }>(selectNumber, [
    eventKeyOf(eventId).head,
  ]);
  if (row === undefined) throw new Error(`${eventId} is not stored`);
  return row;
}

describe('auth chains of a room', () => {
  it('lead from any event to its create event', async () => {
    const roomId = await makeRoom(roomserver, '11');
    await sent(roomserver, member(roomId, bob, bob, 'join'));
    const topic = await sent(roomserver, event(roomId, alice, 'm.room.topic', { stateKey: '' }));
    const state = await stateOf(roomserver, roomId);
    const numberOf = async (type: string, sender = alice) =>
      (await stored(state.find((each) => each.type === type && each.sender === sender)?.eventId ?? '')).event;
    const chain = await roomserver.context.authChains.chainOf([(await stored(topic)).event]);
    const expected = [
      await numberOf('m.room.create'),
      await numberOf('m.room.member'),
      await numberOf('m.room.power_levels'),
    ];
    expect(chain.toSorted((a, b) => a - b)).toEqual(expected.toSorted((a, b) => a - b));
  });
});
