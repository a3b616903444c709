import { parsePdu, parseServerName, signEvent, signingKeyFromSeed } from '@plexus/matrix';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { changedPdu } from '../../testing/changed-pdu.ts';
import { inputJoin, joinRemote, push } from '../../testing/input-events.ts';
import { bob, eventOf, openRoomserver, type TestRoomserver } from '../../testing/open-roomserver.ts';
import { must, RemoteRoom, serverOf } from '../../testing/remote-room.ts';
import { RemoteServers } from '../../testing/remote-servers.ts';

const carl = '@carl:one.example';
const emil = '@emil:two.example';

let roomserver: TestRoomserver;
const servers = new RemoteServers();
beforeAll(async () => {
  roomserver = await openRoomserver(servers);
});
beforeEach(() => {
  servers.lies = {};
  servers.keys = [];
  servers.unreachable.clear();
});
afterAll(() => roomserver.close());

async function joinedRoom(): Promise<RemoteRoom> {
  const room = servers.hold(RemoteRoom.open('11'));
  room.member(emil, 'join');
  await joinRemote(roomserver, room, bob);
  return room;
}

/** What a forger makes of an event, by name. */
const forgeries: Record<string, (json: string) => string> = {
  unsigned: (json) => changedPdu(json, { signatures: {} }),
  'signed by somebody else': (json) => json.replace('"one.example":{"ed25519', '"two.example":{"ed25519'),
  'signed with a wrong signature': (json) =>
    changedPdu(json, { signatures: { 'one.example': { 'ed25519:t': 'A'.repeat(86) } } }),
  'tampered with where the signature covers it': (json) => changedPdu(json, { origin_server_ts: 1 }),
};

describe('A2: an event that is not what its server has signed', () => {
  it.each(Object.keys(forgeries))('%s is dropped when it is pushed', async (name) => {
    const room = await joinedRoom();
    const forged = forgeries[name]?.(room.json(room.message(carl, 'x'))[0] ?? '') ?? '';
    expect(await push(roomserver, [forged])).toEqual(['malformed: invalid_signature']);
  });

  it.each(Object.keys(forgeries))('%s is dropped from the answer to get_missing_events', async (name) => {
    const room = await joinedRoom();
    const hidden = room.message(carl, 'hidden');
    const last = room.message(carl, 'last');
    servers.lies = {
      getMissingEvents: async () => room.json(hidden).map((json) => forgeries[name]?.(json) ?? ''),
      getStateIds: async () => undefined,
    };
    expect(await push(roomserver, room.json(last))).toEqual(['missing: missing_prev_events']);
    await expect(eventOf(roomserver, hidden)).rejects.toThrow();
  });

  it.each(Object.keys(forgeries))('%s is dropped from a state and from single events', async (name) => {
    const room = await joinedRoom();
    const topic = room.state(carl, 'm.room.topic', { topic: 'x' });
    const last = room.message(carl, 'last');
    servers.lies = {
      getMissingEvents: async () => [],
      getEvents: async (_, ids) => room.json(...ids).map((json) => forgeries[name]?.(json) ?? ''),
    };
    expect(await push(roomserver, room.json(last))).toEqual(['missing: missing_state']);
    await expect(eventOf(roomserver, topic)).rejects.toThrow();
  });

  it.each(Object.keys(forgeries))('%s is dropped from an auth chain', async (name) => {
    const room = await joinedRoom();
    const fork = room.last;
    const join = room.member('@new:one.example', 'join');
    const talk = room.message('@new:one.example', 'x', {
      after: [fork],
      authEvents: [...room.get(join).pdu.authEvents.slice(0, 2), join],
    });
    const forge = async () => room.json(join).map((json) => forgeries[name]?.(json) ?? '');
    servers.lies = { getEventAuth: forge, getEvents: forge };
    expect(await push(roomserver, room.json(talk))).toEqual(['missing: missing_auth_events']);
  });

  it.each(Object.keys(forgeries))('%s is dropped from the answer to send_join', async (name) => {
    const room = servers.hold(RemoteRoom.open('11'));
    const join = room.member(bob, 'join');
    const forged = room.stateIds(join).map((eventId) => forgeries[name]?.(room.get(eventId).json) ?? '');
    const value = { roomVersion: '11', event: room.get(join).json, state: forged, authChain: forged };
    const { results } = await roomserver.service.inputEvents({
      origin: 'one.example',
      roomId: room.roomId,
      input: { $case: 'joined', value },
    });
    expect(results.map(({ reason }) => reason)).not.toContain('');
    expect((await roomserver.service.queryState({ queries: [] })).rooms).toEqual([]);
    servers.lies = { getEventAuth: async () => forged, getEvents: async () => forged };
    expect(await inputJoin(roomserver, room, join, {})).toEqual(['accepted']);
  });

  it('with a wrong content hash goes on as its redacted copy, under the same id', async () => {
    const room = await joinedRoom();
    const message = room.message(carl, 'secret');
    const tampered = changedPdu(room.get(message).json, { content: { body: 'forged', msgtype: 'm.text' } });
    expect(await push(roomserver, [tampered])).toEqual(['accepted']);
    expect(JSON.parse((await eventOf(roomserver, message)).json).content).toEqual({});
  });

  it('of a server whose keys cannot be had waits for them', async () => {
    const room = await joinedRoom();
    const message = room.message(carl, 'x');
    servers.unreachable.add('one.example');
    expect(await push(roomserver, room.json(message))).toEqual(['missing: key_not_available']);
    servers.unreachable.clear();
    expect(await push(roomserver, room.json(message))).toEqual(['accepted']);
  });
});

describe('A12: keys', () => {
  it('that had expired when the event was made do not verify it, those that expired later do', async () => {
    const room = await joinedRoom();
    const [old, young] = [room.message(carl, 'old', { ts: 1_000 }), room.message(carl, 'young', { ts: 3_000 })];
    const own = servers.getServerKeys([{ serverName: serverOf(carl), keyIds: ['ed25519:t'], validAt: 0 }]);
    const key = (await own)[0];
    if (key === undefined) throw new Error('no key');
    servers.keys = [{ ...key, expiredTs: 2_000 }];
    expect(await push(roomserver, room.json(old, young))).toEqual(['accepted', 'malformed: invalid_signature']);
    servers.keys = [{ ...key, validUntilTs: 2_500, expiredTs: undefined }];
    expect(await push(roomserver, room.json(young))).toEqual(['missing: key_not_available']);
    servers.keys = [];
    expect(await push(roomserver, room.json(young))).toEqual(['accepted']);
  });

  it('are believed for a week from now and no longer, whatever the year that their server names', async () => {
    const room = await joinedRoom();
    const far = room.message(carl, 'from the future', { ts: Date.UTC(2099, 0, 1) });
    expect(await push(roomserver, room.json(far))).toEqual(['malformed: invalid_signature']);
  });

  it('of the same id but another server verify nothing', async () => {
    const room = await joinedRoom();
    const forged = room.message(carl, 'x', { signedBy: 'two.example' });
    const json = room.get(forged).json.replace('"two.example":{"ed25519', '"one.example":{"ed25519');
    expect(await push(roomserver, [json])).toEqual(['malformed: invalid_signature']);
  });
});

describe('a server that was installed anew and signs with another key of the same id', () => {
  it('is asked for its keys once more, and its events are accepted', async () => {
    const room = await joinedRoom();
    const anew = must(signingKeyFromSeed('t', Buffer.alloc(32, 42)));
    const message = must(room.json(room.message(carl, 'from the new installation'))[0]);
    const parsed = parsePdu(changedPdu(message, { signatures: {} }), room.rules);
    if (!parsed.ok) throw new Error('no PDU');
    const signed = signEvent(parsed.value, must(parseServerName('one.example')), anew, room.rules).json;
    const questions = servers.times('getServerKeys');
    expect(await push(roomserver, [signed])).toEqual(['malformed: invalid_signature']);
    expect(servers.times('getServerKeys')).toBe(questions + 2);
    servers.published.set('one.example', anew);
    expect(await push(roomserver, [signed])).toEqual(['accepted']);
    servers.published.clear();
  });
});

describe('events that are refused as a whole batch', () => {
  const counted = async (outcome: string) => {
    const metric = await roomserver.context.metrics.inputEvents.get();
    return metric.values.find(({ labels }) => labels['outcome'] === outcome)?.value ?? 0;
  };

  it('are counted: malformed ones, those of a denied server, and a join that is none', async () => {
    const room = await joinedRoom();
    const before = await counted('malformed');
    await push(roomserver, [forgeries['unsigned']?.(must(room.json(room.message(carl, 'x'))[0])) ?? '']);
    expect(await counted('malformed')).toBe(before + 1);

    const acl = room.state(carl, 'm.room.server_acl', { allow: ['*'], deny: ['two.example'] });
    expect(await push(roomserver, room.json(acl))).toEqual(['accepted']);
    const rejected = await counted('rejected');
    expect(await push(roomserver, room.json(room.message(emil, 'denied')), 'two.example')).toEqual([
      'rejected: denied_server',
    ]);
    expect(await counted('rejected')).toBe(rejected + 1);

    const other = servers.hold(RemoteRoom.open('11'));
    const notJoin = other.message(carl, 'no join');
    expect(await inputJoin(roomserver, other, notJoin)).toEqual(['malformed: no_join']);
    expect(await counted('malformed')).toBe(before + 2);
  });
});
