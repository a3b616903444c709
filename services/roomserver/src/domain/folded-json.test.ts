import { canonicalJson } from '@plexus/matrix';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldJson, unfoldJson } from './folded-json.ts';

const message =
  '{"auth_events":["$Cw02mJRBpU3HG5spaoqQCfclOwyw9wKghhAprR80IOk","$ER9wqBKgc9DqQ6N8ycn5TIPgEDsuknp_ZIYnLKgnheI"],"content":{"body":"hello","msgtype":"m.text"},"depth":6,"hashes":{"sha256":"m93FDdXWuym1xGuGDCmkV+1ceh90PRWcDsUjd9PNwz0"},"origin_server_ts":1795238396119,"prev_events":["$eNY5MHQf8Ef9I_ExCWBFmVOEvrNQoRHjlEpQ3W1gy-A"],"room_id":"!hDHHkwNS_IjH6A9mtEgHsJDZHKagC6xVjWQDiJ5s0O4","sender":"@bench:example.org","signatures":{"example.org":{"ed25519:1":"rySaLDDxCi2taGVLbYQH2mn8MF4djevVfXDmX5zUp9g"}},"type":"m.room.message"}';

describe('folded JSON', () => {
  it('takes a message three quarters of its length at most, and gives it back', () => {
    const folded = foldJson(message);
    expect(folded.length).toBeLessThan(0.75 * message.length);
    expect(unfoldJson(folded)).toBe(message);
  });

  it('gives back every canonical JSON, whatever it holds', () => {
    const phrase = fc.constantFrom('","type":"m.room.', '{"auth_events":["$', 'message"}', '\u0001\u001f', '","$');
    const text = fc.oneof(
      fc.string({ unit: 'binary' }).filter((each) => each.isWellFormed()),
      phrase,
    );
    const value = fc.dictionary(text, fc.oneof(text, fc.array(text), fc.nat(), fc.dictionary(text, text)));
    fc.assert(
      fc.property(value, (object) => {
        const json = canonicalJson(object);
        expect(unfoldJson(foldJson(json))).toBe(json);
      }),
      { numRuns: 500 },
    );
  });

  it('leaves text without phrases as it is', () => {
    expect(foldJson('{"a":1}')).toBe('{"a":1}');
    expect(unfoldJson('{"a":1}')).toBe('{"a":1}');
  });

  it('says so when a newer version has stored a phrase that is unknown here', () => {
    expect(() => unfoldJson('{\u001f')).toThrow(RangeError);
  });
});
