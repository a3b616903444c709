import { randomUUID } from 'node:crypto';
import type { MembershipService } from '@plexus/contracts/membership';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  alice,
  bob,
  carol,
  event,
  makeRoom,
  member,
  openRoomserver,
  publicRoom,
  type Replica,
  refusedWith,
  send,
  sent,
  stateOf,
  type TestRoomserver,
} from '../../testing/open-roomserver.ts';
import { membershipService } from '../membership-service.ts';

type Command = Exclude<keyof MembershipService, 'updateMemberProfile'>;

let roomserver: TestRoomserver;
let other: Replica;
let roomId: string;

beforeAll(async () => {
  roomserver = await openRoomserver();
  other = roomserver.openReplica();
});
beforeEach(async () => {
  roomId = await makeRoom(roomserver);
});
afterAll(() => roomserver.close());

/** The status that a client gets. */
async function status(command: Command, sender: string, target = sender, replica: Replica = roomserver) {
  const request = { roomId, sender, profile: '{}', requestKey: randomUUID(), userId: target };
  const { error } = await membershipService(replica.context)[command](request);
  return error?.status ?? 200;
}

async function setState(sender: string, target: string, membership: string) {
  const result = await send(roomserver, member(roomId, sender, target, membership));
  return result?.$case === 'error' ? result.value.status : 200;
}

async function membershipOf(userId: string) {
  const asked = { userIds: [userId], memberships: [], roomIds: [roomId] };
  const { memberships } = await roomserver.service.queryMemberships(asked);
  return memberships[0]?.membership;
}

describe('a condition is judged by the state that the event is built on', () => {
  it('a kick beside a ban never lifts it, whichever comes first and wherever', async () => {
    for (let round = 0; round < 60; round++) {
      expect(await status('joinRoom', bob)).toBe(200);
      const replicas = round % 2 === 0 ? [roomserver, other] : [roomserver, roomserver];
      const order = round % 3 === 0 ? (['kick', 'ban'] as const) : (['ban', 'kick'] as const);
      const statuses = await Promise.all(
        order.map((command, place) => status(command, alice, bob, replicas[place] ?? roomserver)),
      );
      expect(statuses[order.indexOf('ban')]).toBe(200);
      expect(await membershipOf(bob)).toBe('ban');
      expect(await status('unban', alice, bob)).toBe(200);
    }
  });

  it('an unban beside a join removes nobody', async () => {
    for (let round = 0; round < 20; round++) {
      const [, unbanned] = await Promise.all([status('joinRoom', bob, bob, other), status('unban', alice, bob)]);
      expect(unbanned).toBe(403);
      expect(await membershipOf(bob)).toBe('join');
      await status('leaveRoom', bob);
    }
  });

  it('a new profile brings nobody back into a room that they leave or are kicked from', async () => {
    for (let round = 0; round < 20; round++) {
      await status('joinRoom', bob);
      const update = {
        userId: bob,
        roomIds: [roomId],
        profile: `{"displayname":"${round}"}`,
        requestKey: randomUUID(),
      };
      await Promise.all([
        round % 2 === 0 ? status('leaveRoom', bob) : status('kick', alice, bob),
        membershipService(other.context).updateMemberProfile(update),
      ]);
      expect(await membershipOf(bob)).toBe('leave');
    }
  });
});

describe.each(['10', '11', '12'])('a membership command in room version %s', (version) => {
  beforeEach(async () => {
    roomId = await makeRoom(roomserver, version);
  });

  it('does its own and nothing else', async () => {
    expect([await status('kick', alice, bob), await status('unban', alice, bob)]).toEqual([403, 403]);
    expect([await status('inviteUser', alice, bob), await membershipOf(bob)]).toEqual([200, 'invite']);
    expect([await status('kick', alice, bob), await membershipOf(bob)]).toEqual([200, 'leave']);
    expect([await status('joinRoom', bob), await status('unban', alice, bob)]).toEqual([200, 403]);
    expect([await status('ban', alice, bob), await status('kick', alice, bob)]).toEqual([200, 403]);
    expect([await status('joinRoom', bob), await status('inviteUser', alice, bob)]).toEqual([403, 403]);
    expect([await status('leaveRoom', bob), await membershipOf(bob)]).toEqual([403, 'ban']);
    expect([await status('unban', alice, bob), await membershipOf(bob)]).toEqual([200, 'leave']);
  });

  it('to leave is answered again when it was done, by whoever', async () => {
    await status('joinRoom', bob);
    for (let times = 0; times < 3; times++) expect(await status('leaveRoom', bob)).toBe(200);
    const left = (await stateOf(roomserver, roomId)).find(({ stateKey }) => stateKey === bob)?.eventId;
    expect(await sent(roomserver, member(roomId, bob, bob, 'leave', { reason: 'again' }))).toBe(left);
    await status('inviteUser', alice, bob);
    await status('kick', alice, bob);
    expect(await status('leaveRoom', bob)).toBe(200);
    expect(await status('leaveRoom', carol)).toBe(403);
  });

  it('to knock is for rooms that are knocked at', async () => {
    expect(await status('knockRoom', bob)).toBe(403);
    await sent(
      roomserver,
      event(roomId, alice, 'm.room.join_rules', { stateKey: '', content: { join_rule: 'knock' } }),
    );
    expect([await status('knockRoom', bob), await membershipOf(bob)]).toEqual([200, 'knock']);
    expect([await status('leaveRoom', bob), await membershipOf(bob)]).toEqual([200, 'leave']);
    await status('knockRoom', bob);
    expect([await status('inviteUser', alice, bob), await status('joinRoom', bob)]).toEqual([200, 200]);
    expect(await status('knockRoom', bob)).toBe(403);
  });

  it('carries the profile, the reason and the time that it is given', async () => {
    const request = { roomId, userId: bob, profile: '{"displayname":"Bob"}', reason: 'hi', requestKey: randomUUID() };
    await membershipService(roomserver.context).joinRoom({ ...request, originServerTs: 1234 });
    const joined = (await stateOf(roomserver, roomId)).find(({ stateKey }) => stateKey === bob);
    expect(JSON.parse(joined?.json ?? '')).toMatchObject({
      origin_server_ts: 1234,
      content: { membership: 'join', displayname: 'Bob', reason: 'hi' },
    });
  });
});

describe('a membership command', () => {
  it('that is repeated with its key is carried out once', async () => {
    const request = { roomId, userId: bob, profile: '{}', requestKey: randomUUID() };
    expect(await membershipService(roomserver.context).joinRoom(request)).toEqual({ error: undefined });
    await status('leaveRoom', bob);
    expect(await membershipService(other.context).joinRoom(request)).toEqual({ error: undefined });
    expect(await membershipOf(bob)).toBe('leave');
  });

  it('tells who may not use it nothing of who is in the room', async () => {
    await status('joinRoom', bob);
    for (const command of ['kick', 'unban'] as const) {
      const asked = { roomId, sender: carol, requestKey: randomUUID() };
      const answers = await Promise.all(
        [bob, '@nobody:example.org'].map((userId) =>
          membershipService(roomserver.context)[command]({ ...asked, userId }),
        ),
      );
      expect(answers[0]?.error).toMatchObject({ status: 403 });
      expect(answers[0]).toEqual(answers[1]);
    }
  });

  it('is refused for rooms and users that are none', async () => {
    for (const target of ['notauser', '@', '@no server', 'bob:example.org'])
      expect(await status('inviteUser', alice, target)).toBe(400);
    expect(await status('joinRoom', 'nobody')).toBe(400);
    roomId = '!nowhere:example.org';
    for (const command of ['joinRoom', 'leaveRoom', 'knockRoom'] as const) expect(await status(command, bob)).toBe(404);
  });
});

describe('a member event is judged alike, whichever request it comes from', () => {
  it('as state', async () => {
    for (const target of ['notauser', '', '@', '@bob', '@bob:', 'bob:example.org', '@bob:exa mple.org'])
      for (const membership of ['invite', 'ban', 'leave'])
        expect(await setState(alice, target, membership), `${membership} ${target}`).toBe(400);
    expect(await setState(alice, '@bob:elsewhere.org', 'invite')).toBe(403);
    expect([await setState(alice, bob, 'leave'), await membershipOf(bob)]).toEqual([403, undefined]);
    expect([await setState(bob, bob, 'join'), await setState(alice, bob, 'leave')]).toEqual([200, 200]);
    expect([await setState(alice, bob, 'leave'), await setState(bob, bob, 'leave')]).toEqual([403, 200]);
    expect([await setState(alice, bob, 'ban'), await setState(alice, bob, 'leave')]).toEqual([200, 200]);
    expect(await membershipOf(bob)).toBe('leave');
  });

  it('as the initial state of a room', async () => {
    for (const [target, expected] of [
      ['notauser', 'M_INVALID_PARAM'],
      ['@bob:elsewhere.org', 'M_FORBIDDEN'],
    ] as const) {
      const { events } = publicRoom('11');
      const invite = { type: 'm.room.member', stateKey: target, content: '{"membership":"invite"}' };
      const { result } = await roomserver.service.createRoom(publicRoom('11', { events: [...events, invite] }));
      expect(result).toMatchObject({ $case: 'error', value: { errcode: expected } });
    }
  });
});

describe('state that clients would break on', () => {
  it.each<[type: string, stateKey: string, content: object]>([
    ['m.room.member', bob, { membership: 'join', displayname: 7 }],
    ['m.room.member', bob, { membership: 'join', avatar_url: {} }],
    ['m.room.name', '', { name: ['a'] }],
    ['m.room.topic', '', { topic: {} }],
    ['m.room.avatar', '', { url: 1 }],
    ['m.room.join_rules', '', { join_rule: 1 }],
    ['m.room.join_rules', '', { join_rule: 'restricted', allow: 'all' }],
    ['m.room.history_visibility', '', { history_visibility: null }],
    ['m.room.guest_access', '', { guest_access: true }],
    ['m.room.encryption', '', { algorithm: 1 }],
    ['m.room.pinned_events', '', { pinned: ['$a', 1] }],
    ['m.room.server_acl', '', { allow: '*' }],
    ['m.room.server_acl', '', {}],
    ['m.room.server_acl', '', { allow: ['*'], deny: ['*.org'] }],
    ['m.room.tombstone', '', { replacement_room: 'elsewhere' }],
    ['m.space.child', 'notaroom', { via: ['example.org'] }],
    ['m.space.child', '!a:example.org', { via: 'example.org' }],
  ])('%s %s %j is refused', async (type, stateKey, content) => {
    if (type === 'm.room.member') await status('joinRoom', bob);
    const sender = type === 'm.room.member' ? bob : alice;
    expect(await refusedWith(roomserver, event(roomId, sender, type, { stateKey, content }))).toBe('M_BAD_JSON');
  });

  it('passes when it is taken back, and what nobody knows passes as it is', async () => {
    for (const type of ['m.room.name', 'm.room.topic', 'm.room.avatar', 'm.room.pinned_events', 'm.space.child'])
      await sent(roomserver, event(roomId, alice, type, { stateKey: '', content: {} }));
    await sent(roomserver, event(roomId, alice, 'org.example.name', { stateKey: '', content: { name: 7 } }));
    await sent(roomserver, event(roomId, alice, 'm.room.name', { stateKey: '', content: { name: 'x', extra: 7 } }));
  });
});
