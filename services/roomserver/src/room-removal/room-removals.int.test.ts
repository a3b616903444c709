import { randomUUID } from 'node:crypto';
import {
  type DeleteRoomRequest,
  type PurgeHistoryRequest,
  type Removal,
  Removal_Stage,
} from '@plexus/contracts/roomserver';
import { systemClock, systemRandom } from '@plexus/observability';
import { sql } from '@plexus/postgres';
import { eventually, testObservability } from '@plexus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deleteRoom as startDeletion } from '../api/removal/delete-room.ts';
import { StateCollector } from '../state-store/collection/collect-states.ts';
import {
  alice,
  bob,
  carol,
  event,
  logOf,
  makeRoom,
  member,
  message,
  openRoomserver,
  type Replica,
  refusedWith,
  sent,
  stateOf,
  stateQuery,
  type TestRoomserver,
} from '../testing/open-roomserver.ts';
import { watched } from '../testing/watched-database.ts';
import { RoomRemovals } from './room-removals.ts';

let roomserver: TestRoomserver;
beforeAll(async () => {
  roomserver = await openRoomserver();
});
afterAll(() => roomserver.close());

async function deleteRoom(roomId: string, rest: Partial<DeleteRoomRequest> = {}, replica: Replica = roomserver) {
  const open = {
    block: false,
    purge: true,
    forcePurge: false,
    newRoomUserId: undefined,
    newRoomName: undefined,
    message: undefined,
  };
  const { result } = await replica.service.deleteRoom({ roomId, requestedBy: alice, ...open, ...rest });
  return result?.$case === 'error' ? result.value.errcode : (result?.value ?? '');
}

async function purge(roomId: string, upTo: PurgeHistoryRequest['upTo'], deleteLocalEvents = true) {
  const { result } = await roomserver.service.purgeHistory({ roomId, requestedBy: alice, upTo, deleteLocalEvents });
  return result?.$case === 'error' ? result.value.errcode : (result?.value ?? '');
}

async function removal(removalId: string): Promise<Removal> {
  const { removals } = await roomserver.service.queryRemovals({ which: { $case: 'removalId', value: removalId } });
  const [found] = removals;
  if (found === undefined) throw new Error('no such removal');
  return found;
}

async function finished(removalId: string): Promise<Removal> {
  const ends: readonly Removal_Stage[] = [Removal_Stage.STAGE_COMPLETE, Removal_Stage.STAGE_FAILED];
  await eventually('the removal is finished', async () => ends.includes((await removal(removalId)).stage));
  return removal(removalId);
}

async function exists(roomId: string): Promise<boolean> {
  return (await roomserver.service.queryRooms({ roomIds: [roomId] })).rooms.length > 0;
}

describe('a deleted room', () => {
  it('is left by its members and gone, and the log goes on without a gap', async () => {
    const roomId = await makeRoom(roomserver, '11');
    await sent(roomserver, member(roomId, bob, bob, 'join'));
    const eventId = await sent(roomserver, message(roomId, bob, 'hello'));
    const before = (await logOf(roomserver)).length;
    const done = await finished(await deleteRoom(roomId));
    expect(done).toMatchObject({ stage: Removal_Stage.STAGE_COMPLETE, failedUsers: [], progress: 1 });
    expect(done.removedUsers.toSorted()).toEqual([alice, bob]);
    expect(await exists(roomId)).toBe(false);
    expect((await roomserver.service.getEvents({ eventIds: [eventId], positions: [] })).events).toEqual([]);
    expect(await refusedWith(roomserver, message(roomId, bob, 'again'))).toBe('M_NOT_FOUND');
    const log = await logOf(roomserver);
    expect(log.map(({ position }) => position)).toEqual(log.map((_entry, index) => index + 1));
    expect(log.slice(before).map(({ kind }) => kind?.$case)).toEqual([undefined, undefined, 'roomDeleted']);
    expect(JSON.stringify(log)).not.toContain('hello');
    expect(roomserver.published.at(-1)?.kind).toEqual({ $case: 'roomDeleted', value: { roomId } });
    expect(roomserver.deletedRoomData).toContain(roomId);
  });

  it('can be blocked, known or not, and nobody comes in until it is unblocked', async () => {
    const roomId = await makeRoom(roomserver, '11');
    await roomserver.service.setRoomBlocked({ roomId, requestedBy: alice, blocked: true });
    expect(await refusedWith(roomserver, member(roomId, bob, bob, 'join'))).toBe('M_FORBIDDEN');
    expect(await refusedWith(roomserver.openReplica(), member(roomId, alice, bob, 'invite'))).toBe('M_FORBIDDEN');
    await sent(roomserver, message(roomId, alice, 'those inside talk on'));
    expect((await roomserver.service.queryRoomBlocked({ roomId })).blockedBy).toBe(alice);
    await roomserver.service.setRoomBlocked({ roomId, requestedBy: alice, blocked: false });
    await sent(roomserver, member(roomId, bob, bob, 'join'));
    const unknown = '!unknown:elsewhere.org';
    expect(await deleteRoom(unknown)).toBe('M_NOT_FOUND');
    expect((await finished(await deleteRoom(unknown, { block: true }))).stage).toBe(Removal_Stage.STAGE_COMPLETE);
    expect((await roomserver.service.queryRoomBlocked({ roomId: unknown })).blockedBy).toBe(alice);
  });

  it('may be emptied only, with its members and aliases moved to a room where they are told why', async () => {
    const roomId = await makeRoom(roomserver, '11', { alias: '#closed:example.org' });
    await sent(roomserver, member(roomId, bob, bob, 'join', { displayname: 'Bob' }));
    await sent(roomserver, member(roomId, alice, carol, 'invite'));
    const done = await finished(
      await deleteRoom(roomId, {
        purge: false,
        newRoomUserId: '@admin:example.org',
        newRoomName: 'Sorry',
        message: 'It is closed',
      }),
    );
    expect(done.removedUsers.toSorted()).toEqual([alice, bob, carol]);
    expect(done.movedAliases).toEqual(['#closed:example.org']);
    const newRoomId = done.newRoomId ?? '';
    const members = (await stateOf(roomserver, newRoomId)).filter(({ type }) => type === 'm.room.member');
    expect(members.map(({ stateKey = '' }) => stateKey).toSorted()).toEqual(['@admin:example.org', alice, bob]);
    expect(await refusedWith(roomserver, message(newRoomId, bob, 'why?'))).toBe('M_FORBIDDEN');
    const log = await logOf(roomserver);
    expect(log.filter(({ kind }) => kind?.$case === 'event' && kind.value.json.includes('It is closed'))).toHaveLength(
      1,
    );
    expect(await exists(roomId)).toBe(true);
    expect((await roomserver.service.resolveAliases({ aliases: ['#closed:example.org'] })).aliases[0]?.roomId).toBe(
      newRoomId,
    );
  });

  it('is deleted by one removal at a time', async () => {
    const roomId = await makeRoom(roomserver, '11');
    const answers = await Promise.all([deleteRoom(roomId), deleteRoom(roomId), deleteRoom(roomId)]);
    expect(answers.filter((answer) => answer === 'M_UNKNOWN')).toHaveLength(2);
    await finished(answers.find((answer) => answer !== 'M_UNKNOWN') ?? '');
    const { removals } = await roomserver.service.queryRemovals({ which: { $case: 'roomId', value: roomId } });
    expect(removals).toHaveLength(1);
  });

  it('goes on where another process broke off, whatever step it was at', async () => {
    const roomId = await makeRoom(roomserver, '11', { alias: '#broken:example.org' });
    for (const user of [bob, carol]) await sent(roomserver, member(roomId, user, user, 'join'));
    const request = {
      ...{ roomId, requestedBy: alice, block: false, purge: true, forcePurge: false },
      ...{ newRoomUserId: '@admin:example.org', newRoomName: undefined, message: 'moved' },
    };
    const { result } = await startDeletion(roomserver.context, request, () => undefined);
    const id = result?.$case === 'removalId' ? result.value : '';
    for (let statements = 0; (await removal(id)).stage !== Removal_Stage.STAGE_COMPLETE; statements++) {
      const { context } = roomserver.openReplica();
      const database = watched(context.database);
      const process = randomUUID();
      const dying = new RoomRemovals({ ...dyingOptions, context: { ...context, database }, process });
      database.loseAllAfter(statements);
      dying.wake();
      await eventually('the process has died', () => database.isLost || dying.isIdle);
      await dying.stop();
      await roomserver.database.query(endClaims, []);
      expect(statements).toBeLessThan(60);
    }
    expect(await exists(roomId)).toBe(false);
    const done = await removal(id);
    expect(done.removedUsers.toSorted()).toEqual([alice, bob, carol]);
    const members = (await stateOf(roomserver, done.newRoomId ?? '')).filter(({ type }) => type === 'm.room.member');
    expect(members.map(({ stateKey = '' }) => stateKey).toSorted()).toEqual(['@admin:example.org', alice, bob, carol]);
    const log = await logOf(roomserver);
    const kinds = (kind: string) =>
      log.filter((entry) => entry.kind?.$case === kind && entry.kind.value.roomId === roomId);
    expect(kinds('roomDeleted')).toHaveLength(1);
    const said = log.filter(({ kind }) => kind?.$case === 'event' && kind.value.json.includes('"moved"'));
    expect(said).toHaveLength(1);
  });
});

const endClaims = sql('test_end_claims', `UPDATE roomserver.room_removals SET claimed_until = '-infinity'`);
const dyingOptions = {
  deleteRoomData: async () => undefined,
  clock: systemClock,
  log: testObservability('roomserver').log,
};

describe('what a deleted room leaves to collections', () => {
  it('is gone after the next: nodes of its states', async () => {
    const apart = await openRoomserver();
    try {
      const roomId = await makeRoom(apart, '11');
      const kept = await makeRoom(apart, '11');
      for (const id of [roomId, kept])
        for (let topic = 0; topic < 5; topic++)
          await sent(apart, event(id, alice, 'm.room.topic', { stateKey: '', content: { topic: `${topic}` } }));
      const before = await nodesOf(apart);
      const { result } = await apart.service.deleteRoom({
        ...{ roomId, requestedBy: alice, block: false, purge: true, forcePurge: false },
        ...{ newRoomUserId: undefined, newRoomName: undefined, message: undefined },
      });
      const which = { $case: 'removalId', value: result?.$case === 'removalId' ? result.value : '' } as const;
      await eventually('the room is deleted', async () => {
        const { removals } = await apart.service.queryRemovals({ which });
        return removals[0]?.stage === Removal_Stage.STAGE_COMPLETE;
      });
      const collector = new StateCollector({
        ...{ database: apart.database, random: systemRandom, metrics: apart.context.metrics },
        ...{ log: dyingOptions.log, process: randomUUID(), intervalMs: 0 },
      });
      // What was there when a collection began is for the next one.
      for (let round = 0; round < 2; round++) while (await collector.step());
      const after = await nodesOf(apart);
      expect(after).toBeLessThanOrEqual(before / 2);
      const state = await stateOf(apart, kept);
      expect(state.find(({ type }) => type === 'm.room.topic')?.json).toContain('"topic":"4"');
      const states = state.map(({ eventId }) => ({
        ...stateQuery(kept),
        at: { $case: 'afterEventId' as const, value: eventId },
      }));
      const { rooms } = await apart.service.queryState({ queries: states });
      expect(rooms.every(({ events }) => events.length > 0)).toBe(true);
    } finally {
      await apart.close();
    }
  });
});

const countNodes = sql('test_count_nodes', 'SELECT count(*)::int AS nodes FROM roomserver.state_nodes');

async function nodesOf({ database }: TestRoomserver): Promise<number> {
  const [row] = await database.query<{ nodes: number }>(countNodes, []);
  return row?.nodes ?? 0;
}

describe('a purge of history', () => {
  it('takes messages up to a point, and leaves state and what comes later', async () => {
    const roomId = await makeRoom(roomserver, '11');
    const old = await sent(roomserver, message(roomId, alice, 'old', { deviceId: 'A', transactionId: '1' }));
    const topic = await sent(
      roomserver,
      event(roomId, alice, 'm.room.topic', { stateKey: '', content: { topic: 't' } }),
    );
    const last = await sent(roomserver, message(roomId, alice, 'last'));
    const fresh = await sent(roomserver, message(roomId, alice, 'fresh'));
    const state = await stateOf(roomserver, roomId);
    const done = await finished(await purge(roomId, { $case: 'eventId', value: last }));
    expect(done).toMatchObject({ stage: Removal_Stage.STAGE_COMPLETE, removedEvents: 1, isPurgeOfHistory: true });
    const { events } = await roomserver.service.getEvents({ eventIds: [old, topic, last, fresh], positions: [] });
    expect(events.map(({ eventId }) => eventId).toSorted()).toEqual([topic, last, fresh].toSorted());
    expect(await stateOf(roomserver, roomId)).toEqual(state);
    const log = await logOf(roomserver);
    expect(log.map(({ position }) => position)).toEqual(log.map((_entry, index) => index + 1));
    expect(log.at(-1)?.kind).toMatchObject({ $case: 'historyPurged', value: { roomId, keepsLocal: false } });
    await sent(roomserver, message(roomId, alice, 'on and on', { deviceId: 'A', transactionId: '1' }));
  });

  it('leaves the last event, which the next is built on, and redactions of state', async () => {
    const roomId = await makeRoom(roomserver, '11');
    const topic = await sent(
      roomserver,
      event(roomId, alice, 'm.room.topic', { stateKey: '', content: { topic: 't' } }),
    );
    const redaction = await sent(roomserver, event(roomId, alice, 'm.room.redaction', { redacts: topic }));
    const gone = await sent(roomserver, message(roomId, alice, 'gone'));
    const last = await sent(roomserver, message(roomId, alice, 'last'));
    await finished(await purge(roomId, { $case: 'eventId', value: last }));
    const { events } = await roomserver.service.getEvents({ eventIds: [topic, redaction, gone, last], positions: [] });
    expect(events.map(({ eventId }) => eventId).toSorted()).toEqual([topic, redaction, last].toSorted());
    expect(events.find(({ eventId }) => eventId === topic)?.redactedBy).toBe(redaction);
    await sent(roomserver.openReplica(), message(roomId, alice, 'next'));
  });

  it("spares this server's users unless they are asked for", async () => {
    const roomId = await makeRoom(roomserver, '11');
    const own = await sent(roomserver, message(roomId, alice, 'own'));
    const last = await sent(roomserver, message(roomId, alice, 'last'));
    expect((await finished(await purge(roomId, { $case: 'eventId', value: last }, false))).removedEvents).toBe(0);
    expect((await roomserver.service.getEvents({ eventIds: [own], positions: [] })).events).toHaveLength(1);
  });

  it('needs a point that the room has', async () => {
    const roomId = await makeRoom(roomserver, '11');
    const other = await makeRoom(roomserver, '11');
    const elsewhere = await sent(roomserver, message(other, alice, 'elsewhere'));
    expect(await purge(roomId, { $case: 'eventId', value: elsewhere })).toBe('M_NOT_FOUND');
    expect(await purge(roomId, { $case: 'eventId', value: 'x' })).toBe('M_NOT_FOUND');
    expect(await purge('!none:example.org', { $case: 'eventId', value: elsewhere })).toBe('M_NOT_FOUND');
    expect(await purge(roomId, { $case: 'ts', value: 0 })).toBe('M_NOT_FOUND');
  });
});

describe('a forgotten room', () => {
  it('is one that was left, and is remembered by whoever comes back', async () => {
    const roomId = await makeRoom(roomserver, '11');
    await sent(roomserver, member(roomId, bob, bob, 'join'));
    const forget = async (userId: string) => (await roomserver.service.forgetRoom({ roomId, userId })).error?.errcode;
    const membership = async () =>
      (await roomserver.service.queryMemberships({ userIds: [bob], memberships: [], roomIds: [roomId] }))
        .memberships[0];
    expect(await forget(bob)).toBe('M_UNKNOWN');
    expect(await forget(carol)).toBeUndefined();
    await sent(roomserver, member(roomId, bob, bob, 'leave'));
    expect((await membership())?.forgotten).toBe(false);
    expect([await forget(bob), await forget(bob)]).toEqual([undefined, undefined]);
    expect(await membership()).toMatchObject({ membership: 'leave', forgotten: true });
    const notices = (await logOf(roomserver)).filter(({ kind }) => kind?.$case === 'roomForgotten');
    expect(notices.map(({ kind }) => kind?.value)).toEqual([{ roomId, userId: bob }]);
    await sent(roomserver, member(roomId, bob, bob, 'join'));
    expect(await membership()).toMatchObject({ membership: 'join', forgotten: false });
    await sent(roomserver, member(roomId, bob, bob, 'leave'));
    expect((await membership())?.forgotten).toBe(false);
  });
});
