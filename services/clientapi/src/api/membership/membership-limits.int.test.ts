import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type StartedEdge, startEdge } from '../../testing/started-edge.ts';

const v3 = '/_matrix/client/v3';
const room = `${v3}/rooms/!room%3Aexample.org`;
const guest = (number: number) => `@guest${number}:example.org`;
const guests = (count: number) => Array.from({ length: count }, (_, number) => guest(number));

let edge: StartedEdge;
beforeEach(async () => {
  edge = await startEdge({}, { limited: true });
});
afterEach(() => edge.stop());

const invite = async (target: string, token = 'alice') =>
  (await edge.call('POST', `${room}/invite`, { user_id: target }, token)).status;
const setMember = async (target: string, membership: string) =>
  (await edge.call('PUT', `${room}/state/m.room.member/${encodeURIComponent(target)}`, { membership }, 'alice')).status;
const create = async (body: object, token = 'alice') =>
  (await edge.call('POST', `${v3}/createRoom`, body, token)).status;

describe('invites are limited by what a request does', () => {
  test('many rooms with many guests at once are one such room', async () => {
    const statuses = await Promise.all(Array.from({ length: 20 }, () => create({ invite: guests(200) })));
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 429)).toHaveLength(19);
    expect(edge.written.filter(({ call }) => call === 'createRoom')).toHaveLength(1);
    expect(await invite(guest(300))).toBe(429);
  });

  test('by the list of a new room, its initial state, /invite and state together', async () => {
    const asState = { type: 'm.room.member', state_key: guest(1), content: { membership: 'invite' } };
    expect(await create({ invite: [guest(2), guest(3)], initial_state: [asState] })).toBe(200);
    for (let number = 4; number < 8; number++) expect(await invite(guest(number))).toBe(200);
    for (let number = 8; number < 11; number++) expect(await setMember(guest(number), 'invite')).toBe(200);
    expect([
      await invite(guest(11)),
      await setMember(guest(11), 'invite'),
      await create({ invite: [guest(11)] }),
    ]).toEqual([429, 429, 429]);
    expect(await create({})).toBe(200);
  });

  test('by receiver, whoever sends them', async () => {
    const target = guest(1);
    for (let times = 0; times < 10; times++)
      expect([await invite(target), await invite(target, 'bob')]).toEqual([200, 200]);
    edge.advance(30_000);
    const statuses = [
      await invite(target),
      await invite(target, 'bob'),
      await invite(target),
      await invite(target, 'bob'),
    ];
    expect(statuses).toEqual([200, 200, 200, 429]);
    expect(await invite(guest(2), 'bob')).toBe(200);
  });

  test('and of a bridge without limits not at all', async () => {
    for (let number = 0; number < 15; number++) expect(await invite(guest(1), 'bridge')).toBe(200);
  });
});

test('joins are limited by what a request does: by id, as state, by knocking and by an upgrade together', async () => {
  const post = async (path: string, body: object = {}) => (await edge.call('POST', path, body, 'alice')).status;
  const ways = [
    () => post(`${v3}/join/!r%3As`),
    () => post(`${v3}/rooms/!r%3As/join`),
    () => setMember('@alice:example.org', 'join'),
    () => post(`${v3}/knock/!r%3As`),
    () => post(`${room}/upgrade`, { new_version: '12' }),
  ];
  for (let round = 0; round < 2; round++) for (const way of ways) expect(await way()).toBe(200);
  for (const way of ways) expect(await way()).toBe(429);
  expect(await setMember('@alice:example.org', 'leave')).toBe(200);
});
