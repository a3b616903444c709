import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { service as federationapi } from '@plexus/federationapi';
import { isJsonObject, parseServerName, parseStrictJson, verifyJson } from '@plexus/matrix';
import { startCluster } from '@plexus/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readSigningKey, rotateSigningKey } from './rotate-signing-key.ts';

const folder = mkdtempSync(join(tmpdir(), 'plexus-rotate-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const keyFile = join(folder, 'signing.key');
const config = join(folder, 'plexus.yaml');
const rotate = (now: number, write = true) => rotateSigningKey(config, { random: randomBytes, now, write });

function published(port: number | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path: '/_matrix/key/v2/server', rejectUnauthorized: false });
    asked.once('response', (response) => resolve(text(response)));
    asked.once('error', reject);
    asked.end();
  });
}

describe('a signing key that is rotated', () => {
  it('is published as an old one beside the new one, which signs; the configuration keeps its comments', async () => {
    writeFileSync(keyFile, `ed25519 a_1 ${Buffer.alloc(32, 7).toString('base64').replace(/=+$/, '')}\n`, {
      mode: 0o600,
    });
    writeFileSync(config, `# ours\nsigningKeyFile: ${keyFile}\n`);
    const first = readSigningKey(keyFile);
    expect(rotate(1_000, false).oldEntry).toContain('expiredAt: 1000');
    expect(readSigningKey(keyFile).keyId).toBe(first.keyId);
    rotate(2_000);
    const second = readSigningKey(keyFile);
    rotate(3_000);
    const third = readSigningKey(keyFile);
    const written = readFileSync(config, 'utf8');
    expect(written).toContain('# ours');
    const { oldSigningKeys } = parse(written);
    const cluster = await startCluster({
      services: [federationapi],
      config: { signingKeyFile: keyFile, oldSigningKeys },
    });
    const answer = parseStrictJson(await published(cluster.federationPort), { numbers: 'ordinary', maxDepth: 100 });
    await cluster.stop();
    const serverName = parseServerName('plexus.test');
    if (!answer.ok || !isJsonObject(answer.value) || serverName === undefined) throw new Error('no answer');
    expect(answer.value).toMatchObject({
      verify_keys: { [third.keyId]: { key: third.publicKey } },
      old_verify_keys: {
        [first.keyId]: { key: first.publicKey, expired_ts: 2_000 },
        [second.keyId]: { key: second.publicKey, expired_ts: 3_000 },
      },
    });
    expect(verifyJson(answer.value, serverName, third.keyId, third.publicKey)).toBe(true);
  });

  it('stays when the configuration cannot be read', () => {
    writeFileSync(config, 'a: [');
    const before = readFileSync(keyFile, 'utf8');
    expect(() => rotate(4_000)).toThrow('is not YAML');
    expect(readFileSync(keyFile, 'utf8')).toBe(before);
  });
});
