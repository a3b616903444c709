import { describe, expect, it } from 'vitest';
import { changedPdu } from '../../testing/changed-pdu.ts';
import { input, joinRemote, outcomesOf, push, stateIdsOf } from '../../testing/input-events.ts';
import { bob, logOf, message, sent } from '../../testing/open-roomserver.ts';
import { RemoteRoom } from '../../testing/remote-room.ts';
import { withRemoteServers } from '../../testing/with-remote-servers.ts';

const carl = '@carl:one.example';

const { roomserver, servers } = await withRemoteServers();

function invitedRoom() {
  const room = servers.hold(RemoteRoom.open('11'));
  const invite = room.member(bob, 'invite', carl);
  return { room, invite };
}

async function invited(room: RemoteRoom, event: string, roomState: string[], roomVersion = '11'): Promise<string> {
  const { results } = await input(
    roomserver,
    { $case: 'invited', value: { roomVersion, event, roomState } },
    'one.example',
    room.roomId,
  );
  return outcomesOf(results)[0] ?? '';
}

async function membershipOf(user: string, roomId: string): Promise<string | undefined> {
  const request = { userIds: [user], memberships: [], roomIds: [roomId] };
  return (await roomserver.service.queryMemberships(request)).memberships[0]?.membership;
}

const stripped = (type: string, content: object) => JSON.stringify({ type, state_key: '', sender: carl, content });

describe('the invite of a local user into a room of others', () => {
  it('is told to the user with what the other server shows, and the room is not there yet', async () => {
    const { room, invite } = invitedRoom();
    expect(await invited(room, room.get(invite).json, [stripped('m.room.name', { name: 'A room' })])).toBe('accepted');
    expect(await membershipOf(bob, room.roomId)).toBe('invite');
    const entry = (await logOf(roomserver)).at(-1)?.kind;
    expect(entry?.$case === 'event' && entry.value.strippedState).toEqual([
      '{"content":{"name":"A room"},"sender":"@carl:one.example","state_key":"","type":"m.room.name"}',
    ]);
    expect(roomserver.published).toEqual(await logOf(roomserver));
    expect((await roomserver.service.queryRooms({ roomIds: [room.roomId] })).rooms).toEqual([]);
    expect(await invited(room, room.get(invite).json, [])).toBe('already_known: already_known');
  });

  it('is followed by a join, after which the room is as any other', async () => {
    const { room, invite } = invitedRoom();
    await invited(room, room.get(invite).json, []);
    const join = await joinRemote(roomserver, room, bob);
    expect(await membershipOf(bob, room.roomId)).toBe('join');
    expect(await stateIdsOf(roomserver, room.roomId)).toEqual([...room.get(join).stateAfter.values()].sort());
    await sent(roomserver, message(room.roomId, bob, 'x'));
    const shown = (await logOf(roomserver)).filter(
      ({ kind }) => kind?.$case === 'event' && kind.value.eventId === invite,
    );
    expect(shown).toHaveLength(1);
  });

  it('is declined, and that is told too', async () => {
    const { room, invite } = invitedRoom();
    await invited(room, room.get(invite).json, []);
    const leave = room.member(bob, 'leave');
    expect(await invited(room, room.get(leave).json, [])).toBe('accepted');
    expect(await membershipOf(bob, room.roomId)).toBe('leave');
  });

  it('comes into a room that others of this server are in like any event', async () => {
    const room = servers.hold(RemoteRoom.open('11'));
    await joinRemote(roomserver, room, bob);
    const invite = room.member('@eve:example.org', 'invite', carl);
    expect(await invited(room, room.get(invite).json, [])).toBe('accepted');
    const after = room.message(carl, 'x');
    expect(await push(roomserver, room.json(after))).toEqual(['accepted']);
  });
});

describe('B8: invites that are wrong', () => {
  it.each([
    ['a list of junk', ['1', 'null', '[]', '{}', '"x"', '{"type":1}', 'no JSON', '{"a":1,"a":2}']],
    ['state of wrong types', [JSON.stringify({ type: 'm.room.name', state_key: '', sender: carl, content: [] })]],
    ['state with a number that no event holds', ['{"type":"a","state_key":"","sender":"@a:b","content":{"n":1.5}}']],
    ['60 MiB of state', Array.from({ length: 60 }, () => stripped('x', { text: 'x'.repeat(1024 * 1024) }))],
  ])('with %s show nothing of it, and are invites all the same', async (_name, roomState) => {
    const { room, invite } = invitedRoom();
    expect(await invited(room, room.get(invite).json, roomState)).toBe('accepted');
    const entry = (await logOf(roomserver)).at(-1)?.kind;
    expect(entry?.$case === 'event' && entry.value.strippedState).toEqual([]);
  });

  it('of another room version, room, user, membership or type are dropped', async () => {
    const { room, invite } = invitedRoom();
    const { json } = room.get(invite);
    expect(await invited(room, json, [], '99')).toBe('malformed: unsupported_room_version');
    expect(await invited(room, json, [], '1')).toMatch(/^malformed/);
    expect(await invited(room, json, [], '12')).toMatch(/^malformed/);
    expect(await invited(RemoteRoom.open('11'), json, [])).toBe('malformed: wrong_room');
    const stranger = room.member('@zoe:two.example', 'invite', carl);
    expect(await invited(room, room.get(stranger).json, [])).toBe('malformed: no_invite');
    const ban = room.member('@eve:example.org', 'ban', carl);
    expect(await invited(room, room.get(ban).json, [])).toBe('malformed: no_invite');
    expect(await invited(room, room.get(room.message(carl, 'x')).json, [])).toBe('malformed: no_invite');
    expect(await invited(room, changedPdu(json, { signatures: {} }), [])).toBe('malformed: invalid_signature');
    expect(await membershipOf(bob, room.roomId)).toBeUndefined();
  });
});

describe('the leave of a local user from a room that nobody of this server is in', () => {
  const leaveBy = (room: RemoteRoom, sender: string) => room.get(room.member(bob, 'leave', sender)).json;

  it('is believed of the inviter and of others of the inviter’s server, which authorises them', async () => {
    for (const sender of [carl, '@moderator:one.example']) {
      const { room, invite } = invitedRoom();
      await invited(room, room.get(invite).json, []);
      expect(await invited(room, leaveBy(room, sender), [])).toBe('accepted');
      expect(await membershipOf(bob, room.roomId)).toBe('leave');
    }
  });

  it('is not believed of anybody else: a stranger cannot take an invite away', async () => {
    const { room, invite } = invitedRoom();
    await invited(room, room.get(invite).json, []);
    expect(await invited(room, leaveBy(room, '@mallory:two.example'), [])).toBe('rejected: sender_not_entitled');
    expect(await membershipOf(bob, room.roomId)).toBe('invite');
  });

  it('is not believed where there is nothing to end', async () => {
    const { room } = invitedRoom();
    expect(await invited(room, leaveBy(room, carl), [])).toBe('rejected: sender_not_entitled');
    expect(await membershipOf(bob, room.roomId)).toBeUndefined();
  });

  it('ends a knock when it comes from a server of which the room’s state was shown', async () => {
    const knocked = async () => {
      const { room } = invitedRoom();
      const knock = room.member(bob, 'knock');
      expect(await invited(room, room.get(knock).json, [stripped('m.room.name', { name: 'x' })])).toBe('accepted');
      return room;
    };
    expect(await invited(await knocked(), leaveBy(await knocked(), carl), [])).toBe('malformed: wrong_room');
    const room = await knocked();
    expect(await invited(room, leaveBy(room, '@mallory:two.example'), [])).toBe('rejected: sender_not_entitled');
    expect(await membershipOf(bob, room.roomId)).toBe('knock');
    expect(await invited(room, leaveBy(room, carl), [])).toBe('accepted');
    expect(await membershipOf(bob, room.roomId)).toBe('leave');
  });
});
