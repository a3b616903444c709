import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from '@plexus/postgres';
import { oldNats, sharedServer, type TestDatabase, testDatabase, unusualDatabase } from '@plexus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkout } from '../infrastructure/checkout.ts';
import { serviceNames } from '../service-modules.ts';
import type { Finding } from './finding.ts';
import { examineInstallation } from './installation.ts';

const folder = mkdtempSync(join(tmpdir(), 'plexus-doctor-'));
const outside = ['dns', 'well-known', 'certificate', 'published-key'];
let database: TestDatabase;
let servers: { nats: string; redis: string };

beforeAll(async () => {
  database = await testDatabase(serviceNames.filter((name) => !['clientapi', 'typing'].includes(name)));
  servers = {
    nats: await sharedServer('nats'),
    redis: await sharedServer('redis'),
  };
  mkdirSync(join(folder, 'media'));
  writeFileSync(
    join(folder, 'signing.key'),
    `ed25519 a_1 ${Buffer.alloc(32, 7).toString('base64').replace(/=+$/, '')}\n`,
  );
});
afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

function configuration(parts: object = {}): string {
  const file = join(folder, `${randomUUID()}.json`);
  const whole = {
    serverName: 'plexus.test',
    publicBaseUrl: 'http://127.0.0.1',
    postgres: { url: database.url },
    nats: { servers: [servers.nats] },
    redis: { url: servers.redis },
    signingKeyFile: join(folder, 'signing.key'),
    media: { directory: join(folder, 'media') },
    ...parts,
  };
  writeFileSync(file, JSON.stringify(whole));
  return file;
}

const examine = (parts: object = {}): Promise<Finding[]> => examineInstallation(configuration(parts), new Set(outside));
const named = (findings: readonly Finding[], name: string) => findings.find((finding) => finding.name === name);

describe('the doctor of an installation', () => {
  it('says what it found of every part, with nothing wrong but a test server that does not sync', async () => {
    const findings = await examine();
    expect(findings.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(['postgres-durability']);
    expect(named(findings, 'postgres')?.detail).toMatch(/takes writes, UTF8 sorted by C/);
    expect(named(findings, 'postgres-durability')?.detail).toContain('fsync is off');
    expect(named(findings, 'migrations')?.detail).toMatch(/^\d+ applied, none pending$/);
    expect(named(findings, 'nats')?.detail).toContain('with JetStream');
    expect(named(findings, 'signing-key')?.detail).toContain('ed25519:a_1');
    expect(named(findings, 'clock')?.ok).toBe(true);
  });

  it('every error of the configuration is a finding', async () => {
    const findings = await examine({ colour: 'blue', nats: { servers: [] } });
    expect(findings.map(({ name, ok }) => [name, ok])).toEqual([
      ['config', false],
      ['config', false],
    ]);
  });

  it('a read-only database is told, and the way out', async () => {
    const readOnly = await testDatabase([]);
    const name = new URL(readOnly.url).pathname.slice(1);
    await readOnly.database.query(
      sql('doctor_read_only', `ALTER DATABASE ${name} SET default_transaction_read_only = on`),
      [],
    );
    expect(named(await examine({ postgres: { url: readOnly.url } }), 'postgres')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('read-only (default_transaction_read_only is on)'),
    });
    await readOnly.drop();
  });

  it.each([
    [`TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C.UTF-8' ENCODING 'UTF8'`, 'collation ICU'],
    [`TEMPLATE template0 LOCALE 'C' ENCODING 'SQL_ASCII'`, 'encoded in SQL_ASCII'],
  ])('a database made with %s is told', async (options, words) => {
    const unusual = await unusualDatabase(options);
    const findings = await examine({ postgres: { url: unusual.url } });
    expect(named(findings, 'postgres')).toMatchObject({ ok: false, detail: expect.stringContaining(words) });
    expect(named(findings, 'migrations')?.detail).toContain('an empty database');
    await unusual.drop();
  });

  it('pending migrations are named, and too few connections', async () => {
    const other = await testDatabase(['mediaapi']);
    const findings = await examine({ postgres: { url: other.url, maxConnections: 900 } });
    await other.drop();
    expect(named(findings, 'migrations')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('roomserver 0001_rooms_events_state_and_log.sql'),
    });
    expect(named(findings, 'postgres-connections')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('set max_connections to at least 925'),
    });
  });

  it('stores that are away are told one by one, and hide nothing else', async () => {
    const away = {
      postgres: { url: 'postgresql://plexus:secret@127.0.0.1:1/plexus' },
      nats: { servers: ['nats://127.0.0.1:1'] },
      redis: { url: 'redis://:secret@127.0.0.1:1' },
      services: { userapi: { rpc: ['127.0.0.1:1'] } },
    };
    const findings = await examine(away);
    for (const name of ['postgres', 'nats', 'redis', 'services', 'clock'])
      expect(named(findings, name)).toMatchObject({ name, ok: false });
    const detailOf = (name: string) => named(findings, name)?.detail ?? '';
    expect(detailOf('postgres')).toBe(
      'PostgreSQL at 127.0.0.1:1 cannot be used: nobody listens there; start it, or correct postgres.url',
    );
    expect(detailOf('nats')).toMatch(/^NATS at 127\.0\.0\.1:1 cannot be used: nobody listens there; start it/);
    expect(detailOf('redis')).toMatch(/^Redis at 127\.0\.0\.1:1 cannot be used: .*; start it, or correct redis\.url$/);
    for (const name of ['migrations', 'identity', 'room-states', 'postgres-durability'])
      expect(detailOf(name), name).toBe('see postgres');
    expect(JSON.stringify(findings)).not.toMatch(/ECONNREFUSED|connect /);
    expect(JSON.stringify(findings)).not.toContain('secret');
    expect(named(findings, 'signing-key')?.ok).toBe(true);
  });

  it('a NATS that is too old is told by its version', async () => {
    await using old = await oldNats();
    expect(named(await examine({ nats: { servers: [old.url] } }), 'nats')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('2.9.25 is older than 2.10.23'),
    });
  });

  it('a clock that is off is told, with JSON and exit code 1', () => {
    const ahead = 'data:text/javascript,const now = Date.now; Date.now = () => now() + 90_000;';
    const main = join(checkout, 'cli', 'src', 'main.ts');
    const doctor = spawnSync(process.execPath, ['--import', ahead, main, 'doctor', '--json', '--skip', ...outside], {
      encoding: 'utf8',
      env: { ...process.env, PLEXUS_CONFIG: readFileSync(configuration(), 'utf8') },
    });
    const findings: Finding[] = JSON.parse(doctor.stdout);
    expect(named(findings, 'clock')).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/^the clock of this machine is (89\.9|90\.).* s ahead of/),
    });
    expect(doctor.status).toBe(1);
  });
});
