import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { parseConfig } from '@plexus/config';
import { selfSignedCertificate } from '@plexus/federationapi/self-signed';
import { parseServerName } from '@plexus/matrix';
import { type RunningProcess, runProcess } from '@plexus/service';
import { type TestObservability, testObservability } from '@plexus/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'plexus-certificate-'));
const tls = { certificateFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') };
const parsed = parseConfig({
  serverName: 'example.org',
  publicBaseUrl: 'https://example.org',
  postgres: { url: 'postgresql://none.invalid' },
  nats: { servers: ['nats://none.invalid'] },
  signingKeyFile: '/nowhere',
  media: { directory: '/nowhere' },
  listen: { tls },
});
if (parsed.kind === 'errors') throw new Error(parsed.errors.join('\n'));
const { config } = parsed;
let observability: TestObservability;
let gateway: RunningProcess;

/** Whoever renews a certificate writes the two files, not at the same moment. */
async function renew(): Promise<void> {
  const name = parseServerName('example.org');
  if (name === undefined) throw new Error('a fixture is wrong');
  const { cert, key } = await selfSignedCertificate(name, Date.now());
  writeFileSync(tls.keyFile, key);
  writeFileSync(tls.certificateFile, cert);
}

const shown = (): Promise<string> =>
  new Promise((resolve, reject) => {
    const port = gateway.addresses.http?.port ?? 0;
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.once('error', reject);
  });

beforeAll(async () => {
  await renew();
  observability = testObservability();
  const any = { host: '127.0.0.1', port: 0 };
  gateway = await runProcess({
    modules: [],
    config,
    listen: { http: any, metrics: any },
    gateway: true,
    observability,
  });
});
afterAll(async () => {
  await gateway.stop();
  rmSync(folder, { recursive: true });
});

test('a certificate that is renewed is shown after a SIGHUP, and by itself within half a minute', async () => {
  const first = await shown();
  await renew();
  await gateway.reload(config);
  const second = await shown();
  expect(second).not.toBe(first);
  await renew();
  await expect.poll(shown, { timeout: 60_000, interval: 500 }).not.toBe(second);
}, 90_000);

test('files that cannot be used leave the one in use, and are said in the log', async () => {
  const before = await shown();
  writeFileSync(tls.certificateFile, 'half a certif');
  await gateway.reload(config);
  await gateway.reload(config);
  expect(await shown()).toBe(before);
  expect(observability.lines).toContainEqual(
    expect.objectContaining({
      problem: expect.stringMatching(/^listen\.tls\.certificateFile: .* holds no certificate/),
    }),
  );
});
