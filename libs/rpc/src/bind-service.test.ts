import { type TypingService, TypingServiceDefinition } from '@plexus/contracts/typing';
import { expect, test } from 'vitest';
import { bindService } from './bind-service.ts';

test('an implementation may be a class: its methods keep their this', async () => {
  class Rooms implements TypingService {
    readonly #rooms = ['!a'];
    async setTyping() {
      return {};
    }
    async getTyping() {
      return {
        rooms: this.#rooms.map((roomId) => ({ roomId, userIds: [], version: 1, traceparent: '' })),
      };
    }
  }
  const bound = bindService(TypingServiceDefinition, new Rooms());
  expect(await bound.call('getTyping', { roomIds: [] })).toMatchObject({ rooms: [{ roomId: '!a' }] });
});

test('a method that is not implemented is an error at start, not at the first call', () => {
  const implementation: Partial<TypingService> = { setTyping: async () => ({}) };
  // @ts-expect-error the types say so too
  expect(() => bindService(TypingServiceDefinition, implementation)).toThrow('getTyping');
});
