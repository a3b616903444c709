import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startConversation, upToDate } from '../stack/conversation.ts';
import { at, textAt } from '../stack/http-client.ts';
import { layouts, type Stack, startStack } from '../stack/stack.ts';
import { roomPath } from '../stack/user.ts';

const ROUNDS = 15;

describe.each(layouts)('typing, services in the layout %s', (layout) => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack(layout);
  }, 180_000);
  afterAll(() => stack?.[Symbol.asyncDispose]());

  it('is seen by who syncs within 100 ms of its PUT, and so is its end', { timeout: 60_000 }, async () => {
    const { alice, bob, roomId } = await startConversation(stack.url);
    const path = roomPath(roomId, `typing/${encodeURIComponent(alice.userId)}`);
    let since = await upToDate(bob);
    const delays: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const typing = round % 2 === 0;
      const poll = bob.ok('GET', `/_matrix/client/v3/sync?timeout=20000&since=${encodeURIComponent(since)}`);
      const startedAt = performance.now();
      await alice.ok('PUT', path, typing ? { typing, timeout: 30_000 } : { typing });
      const answer = await poll;
      delays.push(performance.now() - startedAt);
      since = textAt(answer, 'next_batch');
      const [event] = listOf(at(answer, 'rooms', 'join', roomId, 'ephemeral', 'events'));
      expect(event).toEqual({ type: 'm.typing', content: { user_ids: typing ? [alice.userId] : [] } });
    }
    // The median: one round may meet a machine that does something else.
    expect(delays.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)]).toBeLessThan(100);
  });
});

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
