import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PlexusConfig, parseConfig, readSigningKeys } from '@plexus/config';
import { sql } from '@plexus/postgres';
import {
  type TestDatabase,
  type TestStreams,
  testDatabase,
  testObservability,
  testStreams,
  unusualDatabase,
} from '@plexus/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { scriptedModule } from '../../test/scripted-module.ts';
import { type RunningProcess, runProcess } from '../run-process.ts';
import type { ServiceModule } from '../service-module.ts';
import { settleServerName } from './settle-server-name.ts';

const folder = mkdtempSync(join(tmpdir(), 'plexus-guard-'));
const keyFile = join(folder, 'signing.key');
const any = { host: '127.0.0.1', port: 0 };
let streams: TestStreams;
let database: TestDatabase;

beforeAll(async () => {
  streams = await testStreams();
  database = await testDatabase(['mediaapi']);
});
beforeEach(() => writeKey('a_1'));
afterAll(async () => {
  await database.drop();
  await streams.close();
  rmSync(folder, { recursive: true });
});

const writeKey = (version: string) =>
  writeFileSync(keyFile, `ed25519 ${version} ${randomBytes(32).toString('base64').replace(/=+$/, '')}\n`);

function config(parts: object = {}): PlexusConfig {
  const parsed = parseConfig({
    serverName: 'example.org',
    publicBaseUrl: 'http://localhost',
    postgres: { url: database.url },
    nats: { servers: streams.servers },
    signingKeyFile: keyFile,
    media: { directory: '/nowhere' },
    ...parts,
  });
  if (parsed.kind === 'errors') throw new Error(parsed.errors.join('\n'));
  return parsed.config;
}

const mediaapi: ServiceModule = {
  ...scriptedModule('mediaapi', []),
  migrations: new URL('../../../../services/mediaapi/src/storage/migrations/', import.meta.url),
};
const signing: ServiceModule = { ...scriptedModule('roomserver', []), signs: true };

const start = (modules: readonly ServiceModule[], parts: object = {}): Promise<RunningProcess> =>
  runProcess({
    modules,
    config: config(parts),
    listen: { metrics: any },
    gateway: false,
    observability: testObservability(),
    resources: { streams: streams.connection },
  });

const ready = async (process: RunningProcess): Promise<unknown> =>
  (await fetch(`http://127.0.0.1:${process.addresses.metrics.port}/health/ready`)).json();

describe('services do not start on a database that is not theirs', () => {
  test('of another server', async () => {
    await settleServerName(config(), [], testObservability());
    const scripted = scriptedModule('mediaapi', []);
    await expect(start([scripted], { serverName: 'other.org' })).rejects.toThrow(
      'serverName: this database belongs to example.org; the name cannot be changed, so use another database for other.org',
    );
    expect(scripted.runtime).toBeUndefined();
    await (await start([mediaapi])).stop();
  });

  test('without tables', async () => {
    const empty = await unusualDatabase(`TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'`);
    await expect(start([mediaapi], { postgres: { url: empty.url } })).rejects.toThrow(
      'postgres.url: the database has no tables yet; run plexus migrate before the services',
    );
    await empty.drop();
  });

  test('with tables of an older version', async () => {
    const older = await testDatabase([]);
    await expect(start([mediaapi], { postgres: { url: older.url } })).rejects.toThrow(
      'postgres.url: the tables are older than this version (mediaapi 0001_media.sql is missing); run plexus migrate before the services of this version',
    );
    await older.drop();
  });

  test('with tables of a newer version that this one does not know how to use; one that runs says so and is not ready', async () => {
    const newer = await testDatabase(['mediaapi']);
    const process = await start([mediaapi], { postgres: { url: newer.url } });
    expect(await ready(process)).toMatchObject({ ready: true });
    await newer.database.query(
      sql(
        'test_apply_newer',
        `INSERT INTO mediaapi.migration (number, name, checksum, breaking) SELECT max(number) + 1, '0099_newer.sql', '', true FROM mediaapi.migration`,
      ),
      [],
    );
    const sentence =
      'postgres.url: mediaapi: 0099_newer.sql of a newer version is breaking; start that version or a later one';
    await expect.poll(() => ready(process), { timeout: 20_000 }).toMatchObject({ ready: false, problems: [sentence] });
    await process.stop();
    await expect(start([mediaapi], { postgres: { url: newer.url } })).rejects.toThrow(sentence);
    await newer.drop();
  });
});

describe('services that sign do not start with another key than the database knows', () => {
  test('of another name, unless the configuration lists the earlier one as old', async () => {
    await (await start([signing])).stop();
    const [first] = readSigningKeys(keyFile);
    writeKey('a_2');
    await expect(start([signing])).rejects.toThrow(
      new RegExp(
        `^signingKeyFile: .* holds ed25519:a_2, but this server has signed with ${first.keyId}, which is not in oldSigningKeys`,
      ),
    );
    const old = { keyId: first.keyId, publicKey: first.publicKey, expiredAt: 1_000 };
    await (await start([signing], { oldSigningKeys: [old] })).stop();
    writeKey('a_1');
    await expect(start([signing])).rejects.toThrow(
      'another key than the one this server has signed with is given as ed25519:a_1',
    );
  });

  test('and a process without such services does not read the key', async () => {
    rmSync(keyFile);
    await (await start([mediaapi])).stop();
    await expect(start([signing])).rejects.toThrow(/^signingKeyFile: the file .* does not exist/);
  });
});

test('a start that waits for the database is given up when it is told to end', async () => {
  const end = new AbortController();
  const started = runProcess({
    modules: [mediaapi],
    config: config({ postgres: { url: 'postgresql://127.0.0.1:1/none' } }),
    listen: { metrics: any },
    gateway: false,
    observability: testObservability(),
    resources: { streams: streams.connection },
    signal: end.signal,
  });
  setImmediate(() => end.abort());
  await expect(started).rejects.toThrow('aborted');
});
