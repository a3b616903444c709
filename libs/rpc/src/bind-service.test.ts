import { type TypingService, TypingServiceDefinition } from '@plexus/contracts/typing';
import { expect, test } from 'vitest';
import { bindService } from './bind-service.ts';
import type { ServiceDefinition } from './types.ts';

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
  const definition: ServiceDefinition = TypingServiceDefinition;
  expect(() => bindService(definition, { setTyping: async () => ({}) })).toThrow('getTyping');
});
