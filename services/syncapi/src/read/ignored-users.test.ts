import type { UserLogEntry } from '@plexus/contracts/streams/user-log';
import type { GetAccountDataResponse } from '@plexus/contracts/userapi';
import { describe, expect, it } from 'vitest';
import { IgnoredUsers, isIgnored, isIgnoredInvite, withoutIgnored } from './ignored-users.ts';

const alice = '@alice:example.org';
const bob = '@bob:example.org';
const eve = '@eve:example.org';
const type = 'm.ignored_user_list';

const listOf = (...users: string[]) =>
  JSON.stringify({ ignored_users: Object.fromEntries(users.map((user) => [user, {}])) });
const entry = (position: number, content: string): UserLogEntry => ({
  position,
  traceparent: '',
  userId: alice,
  kind: { $case: 'accountData', value: { type, content } },
});
const answer = (position: number, content: string): GetAccountDataResponse => ({
  position,
  items: [{ type, content }],
});

describe('the list of a user', () => {
  it('is asked for once and changed by the log', async () => {
    let asked = 0;
    const users = new IgnoredUsers({
      getAccountData: async () => {
        asked += 1;
        return answer(3, listOf(bob));
      },
    });
    expect(users.known(alice)).toBeUndefined();
    expect([...(await users.of(alice))]).toEqual([bob]);
    users.apply([entry(4, listOf(bob, eve))]);
    expect([...(await users.of(alice))]).toEqual([bob, eve]);
    users.apply([entry(5, listOf())]);
    expect([...(await users.of(alice))]).toEqual([]);
    expect(asked).toBe(1);
  });

  it('is the newest of the log and an answer that was under way', async () => {
    for (const [position, expected] of [
      [3, [eve]],
      [9, [bob]],
    ] as const) {
      const response = Promise.withResolvers<GetAccountDataResponse>();
      const users = new IgnoredUsers({ getAccountData: () => response.promise });
      const list = users.of(alice);
      users.apply([entry(6, listOf(eve))]);
      response.resolve(answer(position, listOf(bob)));
      expect([...(await list)]).toEqual(expected);
      expect([...(await users.of(alice))]).toEqual(expected);
    }
  });

  it('never contains its owner, and is empty when it is not understood', async () => {
    for (const content of [listOf(alice), '{}', '{"ignored_users":[]}', '{"ignored_users":"x"}']) {
      const users = new IgnoredUsers({ getAccountData: async () => answer(1, content) });
      expect((await users.of(alice)).size).toBe(0);
    }
  });

  it('is asked for again after an error', async () => {
    let fails = true;
    const users = new IgnoredUsers({
      getAccountData: async () => {
        if (fails) throw new Error('away');
        return answer(1, listOf(bob));
      },
    });
    await expect(users.of(alice)).rejects.toThrow('away');
    fails = false;
    expect([...(await users.of(alice))]).toEqual([bob]);
  });
});

describe('an ignored user', () => {
  const ignored = new Set([bob]);
  const said = { sender: bob, stateKey: undefined };
  const state = { sender: bob, stateKey: '' };
  const others = { sender: eve, stateKey: undefined };

  it('is not heard, but what they change in the state of a room is seen', () => {
    expect([said, state, others].map((event) => isIgnored(event, ignored))).toEqual([true, false, false]);
    expect(withoutIgnored([said, state, others], ignored)).toEqual([state, others]);
    const heard = [state, others];
    expect(withoutIgnored(heard, ignored)).toBe(heard);
  });

  it('cannot invite', () => {
    const invite = (sender: string) =>
      JSON.stringify([
        { type: 'm.room.name', state_key: '', sender: bob, content: {} },
        { type: 'm.room.member', state_key: alice, sender, content: { membership: 'invite' } },
      ]);
    expect(isIgnoredInvite(invite(bob), alice, ignored)).toBe(true);
    expect(isIgnoredInvite(invite(eve), alice, ignored)).toBe(false);
    expect(isIgnoredInvite('', alice, ignored)).toBe(false);
  });
});
