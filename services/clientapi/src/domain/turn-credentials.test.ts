import { isUserId } from '@plexus/matrix';
import { describe, expect, test } from 'vitest';
import { turnCredentials } from './turn-credentials.ts';

const alice = '@alice:example.org';
const uris = ['turn:turn.example.org:3478?transport=udp', 'turns:turn.example.org:5349'];

function credentials(settings: Partial<Parameters<typeof turnCredentials>[0]>) {
  if (!isUserId(alice)) throw new TypeError(alice);
  return turnCredentials({ uris, ttlSeconds: 3600, ...settings }, alice, 1_700_000_000_999);
}

describe('credentials for a TURN server', () => {
  test('are derived from the shared secret, for one user and a time', () => {
    // echo -n 1700003600:@alice:example.org | openssl dgst -sha1 -hmac "the secret of coturn" -binary | base64
    expect(credentials({ sharedSecret: 'the secret of coturn' })).toEqual({
      username: '1700003600:@alice:example.org',
      password: 'ImWta2D4u7rkDxlDiXTS4TyXc9k=',
      uris,
      ttl: 3600,
    });
  });

  test('are those that all users share, where the operator has configured such', () => {
    const shared = { username: 'all', password: 'of us' };
    expect(credentials(shared)).toEqual({ ...shared, uris, ttl: 3600 });
  });

  test('are not given without a server', () => {
    expect(credentials({ uris: [], sharedSecret: 'secret' })).toBeUndefined();
  });
});
