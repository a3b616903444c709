import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { checkout } from '../stack/stack.ts';

const run = promisify(execFile);

/** What a shipped configuration of a proxy is made to fit on this machine: everything else is run as it is shipped. */
export interface Surroundings {
  readonly folder: string;
  readonly port: number;
  /** `host:port` of the product. */
  readonly upstream: string;
  readonly certificate: string;
  readonly key: string;
}

export interface ProxyKind {
  readonly name: string;
  /** Writes what the proxy needs into the folder; answers how to start it in the foreground. */
  prepare(surroundings: Surroundings): Promise<readonly [program: string, ...args: string[]]>;
}

/** A shipped configuration with ports and paths of this machine. @throws Error when something to replace is not in it */
const fitted = async (file: string, replacements: readonly (readonly [string, string])[]): Promise<string> => {
  let text = await readFile(join(checkout, 'deploy/proxy', file), 'utf8');
  for (const [from, to] of replacements) {
    if (!text.includes(from)) throw new Error(`deploy/proxy/${file} has no ${from}`);
    text = text.replaceAll(from, to);
  }
  return text;
};

const paths = ({ certificate, key, upstream }: Surroundings) =>
  [
    ['/etc/ssl/matrix/fullchain.pem', certificate],
    ['/etc/ssl/matrix/privkey.pem', key],
    ['127.0.0.1:8008', upstream],
  ] as const;

const nginx: ProxyKind = {
  name: 'nginx',
  async prepare(around) {
    const { folder, port } = around;
    const site = await fitted('nginx.conf', [
      ...paths(around),
      ['listen 443 ssl', `listen 127.0.0.1:${port} ssl`],
      ['listen [::]:443 ssl', `listen [::1]:${port} ssl`],
    ]);
    await writeFile(join(folder, 'site.conf'), site);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (kind) => `${kind}_temp_path ${folder}/${kind};`,
    );
    const main = `pid ${folder}/pid;\nerror_log ${folder}/error.log;\nevents {}\nhttp {\naccess_log off;\n${temporary.join('\n')}\ninclude ${folder}/site.conf;\n}\n`;
    await writeFile(
      join(folder, 'nginx.conf'),
      `daemon off;\n${process.getuid?.() === 0 ? 'user root;\n' : ''}${main}`,
    );
    return ['nginx', '-c', join(folder, 'nginx.conf'), '-p', folder];
  },
};

const caddy: ProxyKind = {
  name: 'Caddy',
  async prepare(around) {
    const { folder, port } = around;
    const site = await fitted('Caddyfile', [['# tls /etc', 'tls /etc'], ...paths(around)]);
    const global = `{\n\tadmin off\n\tauto_https disable_redirects\n\thttps_port ${port}\n\tstorage file_system ${folder}\n}\n`;
    await writeFile(join(folder, 'Caddyfile'), `${global}${site}`);
    return ['caddy', 'run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'];
  },
};

const apache: ProxyKind = {
  name: 'Apache',
  async prepare(around) {
    const { folder, port } = around;
    const site = await fitted('apache.conf', [...paths(around), ['*:443', `127.0.0.1:${port}`]]);
    const needed = ['mpm_event', 'authz_core', 'socache_shmcb', ...(/a2enmod (.+)/.exec(site)?.[1] ?? '').split(' ')];
    const modules = needed.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`);
    const main = [
      `ServerRoot ${folder}`,
      `PidFile ${folder}/pid`,
      `ErrorLog ${folder}/error.log`,
      `DefaultRuntimeDir ${folder}`,
      `Mutex file:${folder}`,
      'ServerName localhost',
      `Listen 127.0.0.1:${port}`,
      ...modules,
      site,
    ];
    await writeFile(join(folder, 'apache.conf'), `${main.join('\n')}\n`);
    return ['apache2', '-f', join(folder, 'apache.conf'), '-D', 'FOREGROUND'];
  },
};

const haproxy: ProxyKind = {
  name: 'HAProxy',
  async prepare(around) {
    const { folder, port, certificate, key, upstream } = around;
    const combined = join(folder, 'combined.pem');
    await writeFile(combined, `${await readFile(certificate, 'utf8')}${await readFile(key, 'utf8')}`);
    const text = await fitted('haproxy.cfg', [
      ['/etc/ssl/matrix/combined.pem', combined],
      ['bind :443 ', `bind 127.0.0.1:${port} `],
      ['127.0.0.1:8008', upstream],
    ]);
    await writeFile(join(folder, 'haproxy.cfg'), text);
    return ['haproxy', '-db', '-f', join(folder, 'haproxy.cfg')];
  },
};

export const proxyKinds: readonly ProxyKind[] = [nginx, caddy, apache, haproxy];

export interface RunningProxy {
  stop(): Promise<void>;
}

const START_MS = 60_000;

/** Starts a proxy in a folder of its own, and returns when it listens. @throws Error with what it printed when it ends instead */
export const startProxy = async (kind: ProxyKind, surroundings: Surroundings): Promise<RunningProxy> => {
  await mkdir(surroundings.folder, { recursive: true });
  const [program, ...args] = await kind.prepare(surroundings);
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
  const child = spawn(program, args, { env: { ...process.env, PATH: path }, stdio: ['ignore', 'pipe', 'pipe'] });
  const printed: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => printed.push(chunk.toString()));
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (error) => reject(new Error(`${kind.name}: ${error.message}`)));
    child.once('exit', (code) => reject(new Error(`${kind.name} ended with ${code}: ${printed.join('')}`)));
  });
  failed.catch(() => undefined);
  await Promise.race([listening(surroundings.port), failed]);
  return { stop: () => stopped(child) };
};

const listening = async (port: number): Promise<void> => {
  const deadline = performance.now() + START_MS;
  while (!(await accepts(port))) {
    if (performance.now() > deadline) throw new Error(`nothing listens on ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

const stopped = (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
};

/** A certificate of these names that signs itself. */
export const makeCertificate = async (folder: string, names: readonly string[]) => {
  const files = { certificate: join(folder, 'fullchain.pem'), key: join(folder, 'privkey.pem') };
  const alternatives = names.map((name) => `DNS:${name}`).join(',');
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', `/CN=${names[0]}`, '-addext', `subjectAltName=${alternatives}`],
    ...['-keyout', files.key, '-out', files.certificate],
  ]);
  return files;
};
