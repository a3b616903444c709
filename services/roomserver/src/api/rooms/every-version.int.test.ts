import { availableRoomVersions, parsePdu, referenceHash, rulesOf, verifyEventSignature } from '@plexus/matrix';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  alice,
  bob,
  event,
  eventOf,
  logOf,
  makeRoom,
  member,
  message,
  openRoomserver,
  refusedWith,
  sent,
  stateOf,
  type TestRoomserver,
} from '../../testing/open-roomserver.ts';

let roomserver: TestRoomserver;
beforeAll(async () => {
  roomserver = await openRoomserver();
});
afterAll(() => roomserver.close());

describe.each(Object.keys(availableRoomVersions))('a room of version %s', (version) => {
  it('lives: join, message, redaction, ban', async () => {
    const roomId = await makeRoom(roomserver, version);
    await sent(roomserver, member(roomId, bob, bob, 'join'));
    const spoken = await sent(roomserver, message(roomId, bob, 'hello'));
    await sent(roomserver, event(roomId, alice, 'm.room.redaction', { redacts: spoken }));
    expect(JSON.parse((await eventOf(roomserver, spoken)).json).content).toEqual({});
    await sent(roomserver, member(roomId, alice, bob, 'ban'));
    expect(await refusedWith(roomserver, message(roomId, bob, 'still here'))).toBe('M_FORBIDDEN');
    expect(await refusedWith(roomserver, member(roomId, bob, bob, 'join'))).toBe('M_FORBIDDEN');
  });

  it('answers a transaction id twice with one event', async () => {
    const roomId = await makeRoom(roomserver, version);
    const item = message(roomId, alice, 'once', { deviceId: 'A', transactionId: '1' });
    expect(await sent(roomserver, item)).toBe(await sent(roomserver, item));
    expect(await sent(roomserver.openReplica(), item)).toBe(await sent(roomserver, item));
  });
});

describe.each(['1', '2'] as const)('a room of version %s', (version) => {
  const rules = rulesOf(version);

  it('has events that refer to others by id and reference hash, also when a process takes the room over', async () => {
    const roomId = await makeRoom(roomserver, version);
    const other = roomserver.openReplica();
    await Promise.all(Array.from({ length: 20 }, (_, index) => sent(roomserver, message(roomId, alice, `${index}`))));
    await sent(other, message(roomId, alice, 'from elsewhere'));
    await sent(roomserver, event(roomId, alice, 'm.room.topic', { stateKey: '', content: { topic: 'ids' } }));
    const pdus = (await logOf(roomserver)).flatMap(({ kind }) => {
      if (kind?.$case !== 'event' || kind.value.roomId !== roomId) return [];
      const parsed = parsePdu(kind.value.json, rules);
      if (!parsed.ok) throw new Error('an event of the room is none of its version');
      return [parsed.value];
    });
    expect(pdus).toHaveLength(27);
    const hashes = new Map<unknown, string>(pdus.map(({ object, pdu }) => [pdu.eventId, referenceHash(object, rules)]));
    for (const { object } of pdus) {
      for (const pair of [object['prev_events'], object['auth_events']].flat())
        expect(pair).toEqual([expect.any(String), { sha256: hashes.get(Array.isArray(pair) ? pair[0] : undefined) }]);
    }
    expect((await stateOf(roomserver, roomId)).find(({ type }) => type === 'm.room.topic')?.eventId).toMatch(
      /^\$[\w-]{24}:example\.org$/,
    );
  });

  it('has events that carry a good signature', async () => {
    const roomId = await makeRoom(roomserver, version);
    const stored = await eventOf(roomserver, await sent(roomserver, message(roomId, alice, 'signed')));
    const parsed = parsePdu(stored.json, rules);
    const { signingKey, serverName } = roomserver.context.createRoom.stages;
    const isGood = parsed.ok && verifyEventSignature(parsed.value, serverName, signingKey.keyId, signingKey.publicKey);
    expect(isGood).toBe(true);
  });
});
