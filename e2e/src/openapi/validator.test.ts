import { describe, expect, it } from 'vitest';
import { readSpecification, specificationFolder } from './specification.ts';
import { openApiValidator } from './validator.ts';

const folder = specificationFolder();
const whoami = { method: 'GET', path: '/_matrix/client/v3/account/whoami', requestBody: undefined };

describe('the check against the specification', () => {
  it('is there exactly where its data is', () => {
    expect(openApiValidator() === undefined).toBe(folder === undefined);
  });

  if (folder !== undefined) {
    const validator = openApiValidator();

    it('knows the operations of the client-server API', () => {
      expect(readSpecification(folder).operations.length).toBeGreaterThan(150);
    });

    it('accepts a right answer and names what is wrong with a wrong one', () => {
      expect(validator?.check({ ...whoami, status: 200, responseBody: { user_id: '@a:b' } })).toEqual([]);
      expect(validator?.check({ ...whoami, status: 200, responseBody: { user_id: 1 } })).toHaveLength(1);
      expect(validator?.check({ ...whoami, status: 401, responseBody: {} })).not.toEqual([]);
    });

    it('follows references into other files', () => {
      const sync = { method: 'GET', path: '/_matrix/client/v3/sync', requestBody: undefined, status: 200 };
      const event = { type: 'm.room.message', sender: '@a:b', content: {}, event_id: '$a', origin_server_ts: 1 };
      const body = (events: object[]) => ({
        next_batch: 's',
        rooms: { join: { '!a:b': { timeline: { events, limited: false, prev_batch: 'p' } } } },
      });
      expect(validator?.check({ ...sync, responseBody: body([event]) })).toEqual([]);
      expect(validator?.check({ ...sync, responseBody: body([{ ...event, sender: 1 }]) })).not.toEqual([]);
    });

    it('checks what a client sends', () => {
      const path = '/_matrix/client/v3/rooms/!a:b/typing/@a:b';
      const typing = (requestBody: object) =>
        validator?.check({ method: 'PUT', path, requestBody, status: 200, responseBody: {} });
      expect(typing({ typing: true, timeout: 3 })).toEqual([]);
      expect(typing({ typing: 'yes' })).not.toEqual([]);
    });
  }
});
