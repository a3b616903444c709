import { availableRoomVersions } from '@plexus/matrix';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  alice,
  bob,
  carol,
  event,
  eventOf,
  makeRoom,
  member,
  message,
  openRoomserver,
  send,
  sent,
  stateOf,
  type TestRoomserver,
} from '../testing/open-roomserver.ts';

let roomserver: TestRoomserver;
beforeAll(async () => {
  roomserver = await openRoomserver();
});
afterAll(() => roomserver.close());

/** The status of a redaction as /redact sends it (`redacts`) or as /send does (in the content), 200 when it is sent. */
async function redact(roomId: string, sender: string, target: string, way: 'redact' | 'send') {
  const named = way === 'redact' ? { redacts: target } : { content: { redacts: target } };
  const result = await send(roomserver, event(roomId, sender, 'm.room.redaction', named));
  return result?.$case === 'error' ? result.value.status : 200;
}

describe.each(Object.keys(availableRoomVersions))('a user of this server, in room version %s', (version) => {
  it.each(['redact', 'send'] as const)(
    "redacts by /%s their own events, and others' with the redact level",
    async (way) => {
      const roomId = await makeRoom(roomserver, version);
      for (const user of [bob, carol]) await sent(roomserver, member(roomId, user, user, 'join'));
      const [own, others] = [
        await sent(roomserver, message(roomId, bob, 'mine')),
        await sent(roomserver, message(roomId, carol, 'hers')),
      ];
      expect(await redact(roomId, bob, others, way)).toBe(403);
      expect(JSON.parse((await eventOf(roomserver, others)).json).content.body).toBe('hers');
      expect(await redact(roomId, bob, own, way)).toBe(200);
      expect(JSON.parse((await eventOf(roomserver, own)).json).content).toEqual({});
      expect(await redact(roomId, alice, others, way)).toBe(200);
      expect(JSON.parse((await eventOf(roomserver, others)).json).content).toEqual({});
    },
  );

  it('redacts no state of the room without the level, and the create event and the ACL never', async () => {
    const roomId = await makeRoom(roomserver, version);
    await sent(roomserver, member(roomId, bob, bob, 'join'));
    for (const [type, content] of Object.entries({
      'm.room.encryption': { algorithm: 'm.megolm.v1.aes-sha2' },
      'm.room.server_acl': { allow: ['*'] },
    }))
      await sent(roomserver, event(roomId, alice, type, { stateKey: '', content }));
    const state = await stateOf(roomserver, roomId);
    const ofAlice = state.filter(({ sender }) => sender === alice);
    expect(ofAlice.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['m.room.create', 'm.room.power_levels', 'm.room.name', 'm.room.encryption']),
    );
    for (const { eventId } of ofAlice) expect(await redact(roomId, bob, eventId, 'redact')).toBe(403);
    expect(await stateOf(roomserver, roomId)).toEqual(state);
    for (const { eventId } of ofAlice.filter(({ type }) => type === 'm.room.create' || type === 'm.room.server_acl'))
      expect(await redact(roomId, alice, eventId, 'redact')).toBe(403);
  });

  it('is told that an event is not known, of this room or at all', async () => {
    const [roomId, other] = [await makeRoom(roomserver, version), await makeRoom(roomserver, version)];
    const elsewhere = await sent(roomserver, message(other, alice, 'there'));
    const unknown = version === '1' || version === '2' ? '$unknown:example.org' : `$${'u'.repeat(43)}`;
    for (const target of [elsewhere, unknown]) expect(await redact(roomId, alice, target, 'redact')).toBe(404);
  });

  it('sets no m.room.aliases without being in the room or below the level of state', async () => {
    const roomId = await makeRoom(roomserver, version);
    const aliases = (sender: string) =>
      event(roomId, sender, 'm.room.aliases', { stateKey: 'example.org', content: { aliases: [] } });
    expect(await send(roomserver, aliases(bob))).toMatchObject({ value: { status: 403 } });
    await sent(roomserver, member(roomId, bob, bob, 'join'));
    expect(await send(roomserver, aliases(bob))).toMatchObject({ value: { status: 403 } });
    await sent(roomserver, aliases(alice));
  });
});
