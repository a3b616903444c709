import { type JsonObject, parseServerName, type SigningKey, signingKeyFromSeed, signJson } from '@plexus/matrix';
import { describe, expect, it } from 'vitest';
import { isValidAt, mergeKeys, publishedKeys, readServerKeys, signsRequestsAt } from './server-keys.ts';

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

const published = publishedKeys(name, [key('1')], [], now + 1000);

describe('the keys a server publishes', () => {
  it('are read back', () => {
    const keys = readServerKeys(published, name, now);
    expect(keys).toHaveLength(1);
    expect(keys?.[0]).toMatchObject({ keyId: 'ed25519:1', validUntilTs: now + 1000, expiredTs: undefined });
  });

  it('are believed for a week at most', () => {
    const long = publishedKeys(name, [key('1')], [], now + 10 * week);
    expect(readServerKeys(long, name, now)?.[0]?.validUntilTs).toBe(now + week);
  });

  it.each<[string, JsonObject]>([
    ['of another server', publishedKeys(parseServerName('b.org') ?? name, [key('1')], [], now)],
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

  it('are all signed by this server, the one that is not in use yet too', () => {
    const keys = readServerKeys(publishedKeys(name, [key('1'), key('2')], [], now + 1000), name, now);
    expect(keys?.map(({ keyId }) => keyId)).toEqual(['ed25519:1', 'ed25519:2']);
    const both = publishedKeys(name, [key('1'), key('2')], [], now + 1000);
    expect(Object.keys(JSON.parse(JSON.stringify(both)).signatures[name])).toEqual(['ed25519:1', 'ed25519:2']);
  });

  it('are accepted of an old server that does not sign with each of them', () => {
    const { signatures: _signatures, ...unsigned } = publishedKeys(name, [key('1'), key('2')], [], now + 1000);
    expect(readServerKeys(signJson(unsigned, name, key('1')), name, now)).toHaveLength(2);
  });

  it('are refused when one of their signatures is wrong, whatever the others are', () => {
    const { signatures: _signatures, ...unsigned } = publishedKeys(name, [key('1'), key('2')], [], now + 1000);
    const forged = { ...key('3'), keyId: 'ed25519:2' };
    expect(readServerKeys(signJson(signJson(unsigned, name, key('1')), name, forged), name, now)).toBeUndefined();
  });

  it('do not include a key whose private half is known', () => {
    const leaked = { ...unsignedKeys(), verify_keys: { 'ed25519:1': { key: key('1').publicKey }, ...leakedKey } };
    const keys = readServerKeys(signJson(leaked, name, key('1')), name, now);
    expect(keys?.map(({ keyId }) => keyId)).toEqual(['ed25519:1']);
  });
});

const leakedKey = { 'ed25519:a': { key: 'l/O9hxMVKB6Lg+3Hqf0FQQZhVESQcMzbPN1Cz2nM3og=' } };

function unsignedKeys(): JsonObject {
  return { server_name: name, valid_until_ts: now + 1000 };
}

describe('a server that is installed anew and uses its key id again', () => {
  const first = readServerKeys(publishedKeys(name, [key('1')], [], now + 1000), name, now) ?? [];
  const anew = { ...key('2'), keyId: 'ed25519:1' };
  const second = readServerKeys(publishedKeys(name, [anew], [], now + 9000), name, now + 500) ?? [];
  const known = mergeKeys(first, second, now + 500);

  it('signs requests with its new key only', () => {
    expect(known.filter((each) => signsRequestsAt(each, now + 600))).toEqual(second);
  });

  it('leaves its old events verifiable, and none after the change', () => {
    expect(known.filter((each) => isValidAt(each, now + 400))).toHaveLength(2);
    expect(known.filter((each) => isValidAt(each, now + 501))).toEqual(second);
  });

  it('keeps a key that it does not publish any more for the time in which that was valid', () => {
    const other = readServerKeys(publishedKeys(name, [key('3')], [], now + 9000), name, now + 500) ?? [];
    const [, kept] = mergeKeys(first, other, now + 500);
    expect(kept && [isValidAt(kept, now + 1000), isValidAt(kept, now + 1001)]).toEqual([true, false]);
  });
});
