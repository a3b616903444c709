import { type JsonObject, parseServerName, type SigningKey, signingKeyFromSeed, signJson } from '@plexus/matrix';
import { describe, expect, it } from 'vitest';
import { isValidAt, publishedKeys, readServerKeys } from './server-keys.ts';

const now = 1_000_000;
const week = 7 * 24 * 3_600_000;
const serverName = parseServerName('a.org');
if (serverName === undefined) throw new Error('no server name');
const name = serverName;

function key(version: string): SigningKey {
  const made = signingKeyFromSeed(version, Buffer.alloc(32, version));
  if (made === undefined) throw new Error('no key');
  return made;
}

const published = publishedKeys(name, key('1'), [], now + 1000);

describe('the keys a server publishes', () => {
  it('are read back', () => {
    const keys = readServerKeys(published, name, now);
    expect(keys).toHaveLength(1);
    expect(keys?.[0]).toMatchObject({ keyId: 'ed25519:1', validUntilTs: now + 1000, expiredTs: undefined });
  });

  it('are believed for a week at most', () => {
    const long = publishedKeys(name, key('1'), [], now + 10 * week);
    expect(readServerKeys(long, name, now)?.[0]?.validUntilTs).toBe(now + week);
  });

  it.each<[string, JsonObject]>([
    ['of another server', publishedKeys(parseServerName('b.org') ?? name, key('1'), [], now)],
    ['altered after signing', { ...published, valid_until_ts: now + 2 }],
    [
      'with a key that has not signed',
      signJson({ ...published, verify_keys: { 'ed25519:1': { key: key('2').publicKey } } }, name, key('1')),
    ],
    ['without keys', signJson({ server_name: 'a.org', valid_until_ts: now, verify_keys: {} }, name, key('1'))],
    [
      'without a time',
      signJson({ server_name: 'a.org', verify_keys: { 'ed25519:1': { key: key('1').publicKey } } }, name, key('1')),
    ],
    ['of the wrong shape', signJson({ server_name: 'a.org', valid_until_ts: now, verify_keys: [1] }, name, key('1'))],
  ])('are refused %s', (_, answer) => expect(readServerKeys(answer, name, now)).toBeUndefined());

  it('keep old ones for old signatures only', () => {
    const { signatures: _signatures, ...unsigned } = published;
    const answer = signJson(
      { ...unsigned, old_verify_keys: { 'ed25519:0': { key: key('0').publicKey, expired_ts: 500 } } },
      name,
      key('1'),
    );
    const old = readServerKeys(answer, name, now)?.find((found) => found.keyId === 'ed25519:0');
    expect(old && [isValidAt(old, 500), isValidAt(old, 501)]).toEqual([true, false]);
  });
});
