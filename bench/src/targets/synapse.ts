import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePorts } from '@plexus/cli/servers';
import pg from 'pg';
import { databaseSize } from './database-size.ts';
import { startPlexus } from './plexus.ts';
import type { Target } from './target.ts';

const run = promisify(execFile);
const version = '1.163.2';
const tools = new URL('../../../.plexus/tools/', import.meta.url).pathname;
const READY_WITHIN_MS = 120_000;

/**
 * Synapse from PyPI on a PostgreSQL started and tuned exactly as Plexus' own (that of an otherwise idle `plexus up`), rate limits off.
 * Its defaults are otherwise untouched.
 */
export async function startSynapse(print: (line: string) => void): Promise<Target> {
  const python = await install(print);
  const folder = await mkdtemp(join(tmpdir(), 'synapse-bench-'));
  const host = await startPlexus();
  const postgres = host.groups.find((group) => group.name === 'database');
  const sharedSecret = randomBytes(16).toString('hex');
  const [port = 0] = await freePorts(1);
  const database = await makeDatabase(host.postgresUrl);
  await writeFile(join(folder, 'homeserver.yaml'), JSON.stringify(configuration(folder, port, sharedSecret, database)));
  const log = await open(join(folder, 'synapse.log'), 'w');
  const settings = ['-m', 'synapse.app.homeserver', '-c', join(folder, 'homeserver.yaml')];
  await run(python, [...settings, '--generate-keys'], { cwd: folder });
  const child = spawn(python, settings, { cwd: folder, stdio: ['ignore', log.fd, log.fd] });
  await answers(`http://127.0.0.1:${port}/_matrix/client/versions`);
  return {
    name: 'synapse',
    url: `http://127.0.0.1:${port}`,
    sharedSecret,
    groups: [
      { name: 'server', roots: () => (child.pid === undefined ? [] : [child.pid]) },
      { name: 'database', roots: () => postgres?.roots() ?? [] },
    ],
    databaseBytes: () => databaseSize(database),
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      await log.close();
      await host.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The Python of a virtual environment with Synapse in it. */
async function install(print: (line: string) => void): Promise<string> {
  const environment = join(tools, `synapse-${version}`);
  const python = join(environment, 'bin', 'python');
  if (existsSync(join(environment, 'installed'))) return python;
  await mkdir(tools, { recursive: true });
  print(`synapse: installing matrix-synapse ${version} from PyPI …`);
  await run('python3', ['-m', 'venv', environment]);
  await run(python, ['-m', 'pip', 'install', '--quiet', `matrix-synapse[postgres]==${version}`], {
    maxBuffer: 1 << 26,
  });
  await writeFile(join(environment, 'installed'), version);
  return python;
}

async function makeDatabase(postgresUrl: string): Promise<string> {
  const client = new pg.Client({ connectionString: postgresUrl });
  await client.connect();
  await client.query(`CREATE DATABASE synapse ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`);
  await client.end();
  const url = new URL(postgresUrl);
  url.pathname = '/synapse';
  return url.href;
}

function configuration(folder: string, port: number, sharedSecret: string, databaseUrl: string): object {
  const url = new URL(databaseUrl);
  const free = { per_second: 1e6, burst_count: 1e6 };
  return {
    server_name: 'localhost',
    report_stats: false,
    pid_file: join(folder, 'pid'),
    signing_key_path: join(folder, 'signing.key'),
    media_store_path: join(folder, 'media'),
    registration_shared_secret: sharedSecret,
    macaroon_secret_key: randomBytes(16).toString('hex'),
    form_secret: randomBytes(16).toString('hex'),
    trusted_key_servers: [],
    listeners: [{ port, type: 'http', bind_addresses: ['127.0.0.1'], resources: [{ names: ['client'] }] }],
    database: {
      name: 'psycopg2',
      args: {
        user: decodeURIComponent(url.username),
        password: decodeURIComponent(url.password),
        dbname: 'synapse',
        host: url.searchParams.get('host') ?? url.hostname,
        port: Number(url.port || 5432),
        cp_min: 5,
        cp_max: 10,
      },
    },
    rc_message: free,
    rc_registration: free,
    rc_login: { address: free, account: free, failed_attempts: free },
    rc_joins: { local: free, remote: free },
    rc_joins_per_room: free,
    rc_room_creation: free,
    rc_invites: { per_room: free, per_user: free, per_issuer: free },
  };
}

async function answers(url: string): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  for (;;) {
    const status = await fetch(url).then(
      (response) => response.status,
      () => 0,
    );
    if (status === 200) return;
    if (performance.now() > deadline) throw new Error(`${url} did not answer within ${READY_WITHIN_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
