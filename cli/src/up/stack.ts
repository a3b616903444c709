import { existsSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CliError } from '../cli-error.ts';
import type { Progress } from '../console/progress.ts';
import { type DataFolder, dataFolder, makeDataFolder } from '../folder/data-folder.ts';
import { keepServerName, settleServerName } from '../folder/identity-file.ts';
import { publishedAsOld, readKnownKeys } from '../folder/known-keys.ts';
import { type HeldLock, takeLock } from '../folder/lock-file.ts';
import { writePrivateFile } from '../folder/private-file.ts';
import { loadSecrets, type Secrets } from '../folder/secrets.ts';
import { openStateFile, type StateFile } from '../folder/state-file.ts';
import { probe } from '../infrastructure/http-probe.ts';
import { freePorts, isPortFree } from '../infrastructure/ports.ts';
import { postgresUser } from '../infrastructure/unprivileged-user.ts';
import { rotateLog } from '../processes/log-file.ts';
import { identify } from '../processes/process-identity.ts';
import { type ProcessSpec, type SupervisedProcess, supervise } from '../processes/supervised-process.ts';
import { runCli, servicesSpec } from './cli-process.ts';
import { wantOfRoom, watchDisk } from './disk-watch.ts';
import { heldBy, type ProcessPlan, planProcesses, portsNeeded, processNames } from './process-plan.ts';
import { stopLeftovers } from './recover.ts';
import { checkRedis, type Servers, startServers } from './servers.ts';
import {
  configFileOf,
  installationConfig,
  type Placement,
  provisionalConfig,
  serviceAddresses,
  serviceConfig,
  urlHost,
} from './service-config.ts';
import type { UpSettings } from './settings.ts';
import { stopAll } from './shutdown.ts';

export interface StackOptions {
  readonly dataDirectory: string;
  readonly settings: UpSettings;
  readonly progress: Progress;
  readonly random: (bytes: number) => Buffer;
  /** Begin with a new signing key where the one that other servers know is lost. */
  readonly newSigningKey?: boolean;
}

const logCheckMs = 60_000;
const serversOfOne = 3;

/** Everything that `plexus up` runs on one data folder. */
export class Stack {
  readonly #options: StackOptions;
  readonly #folder: DataFolder;
  readonly #processes: SupervisedProcess[] = [];
  #lock: HeldLock | undefined;
  #state: StateFile | undefined;
  #logCheck: NodeJS.Timeout | undefined;
  #diskWatch: { stop(): void } | undefined;
  #running: { readonly placement: Placement; readonly servers: Servers } | undefined;
  #starting: Promise<unknown> = Promise.resolve();
  #stopping = false;

  constructor(options: StackOptions) {
    this.#options = options;
    this.#folder = dataFolder(options.dataDirectory);
  }

  /** Answers the URL for clients when one can sign in. @throws CliError when that is not to be had. */
  start(): Promise<string> {
    return this.#begin(() => this.#start());
  }

  /** Puts a backup into the data folder, which must not have been in use, and leaves nothing running. @throws CliError, after which it is as before */
  restore(backup: string): Promise<void> {
    return this.#begin(() => this.#restore(backup));
  }

  /**
   * Takes changed settings: what services can take while they run, and for the next start the rest.
   * @throws CliError when they are wrong; all stays as it was then
   */
  async reload(settings: UpSettings): Promise<void> {
    if (this.#running === undefined) throw new CliError('the start is not over yet');
    const { servers, placement: before } = this.#running;
    const placement = { ...before, settings: { ...before.settings, product: settings.product, tls: settings.tls } };
    const [plan] = placement.plans;
    if (plan !== undefined)
      await this.#checkConfiguration(serviceConfig(placement, plan, servers), (file) => [
        'config',
        'check',
        '--config',
        file,
      ]);
    this.#writeConfigurations(placement, servers);
    this.#running = { servers, placement };
    for (const process of this.#processes) if (isOfServices(process.name)) process.signal('SIGHUP');
  }

  #begin<T>(work: () => Promise<T>): Promise<T> {
    const begun = work();
    this.#starting = begun.catch(() => undefined);
    return begun;
  }

  /** Stops all, in order, also while a start is going on. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#logCheck);
    this.#diskWatch?.stop();
    await stopAll(this.#processes);
    await this.#starting;
    await stopAll(this.#processes);
    this.#lock?.release();
  }

  async #start(): Promise<string> {
    const folder = this.#folder;
    const { placement: wanted, secrets } = await this.#open();
    this.#options.progress.line(`plexus ${wanted.serverName} in ${folder.root}`);
    await this.#prepare(wanted);
    const placement = { ...wanted, oldSigningKeys: publishedAsOld(readKnownKeys(folder.knownKeys)) };
    const servers = await this.#startServers(secrets, placement);
    this.#describe(placement, servers);
    this.#writeConfigurations(placement, servers);
    await this.#migrate(placement);
    for (const stage of stagesOf(placement.plans)) await Promise.all(stage.map((plan) => this.#startServices(plan)));
    this.#logCheck = setInterval(() => this.#rotateLogs(), logCheckMs);
    this.#diskWatch = watchDisk(folder.root, this.#options.progress.line);
    const url = await this.#whenOpen(placement);
    // Not before: a first start that fails may be repeated under another name.
    keepServerName(folder.serverName, placement.serverName);
    this.#running = { placement, servers };
    return url;
  }

  async #restore(backup: string): Promise<void> {
    const folder = this.#folder;
    if (existsSync(folder.serverName))
      throw new CliError(`${folder.root} is in use: restore into a new data folder, with --data`, 2);
    const { placement, secrets } = await this.#open();
    const servers = await this.#startServers(secrets, placement);
    this.#writeConfigurations(placement, servers);
    await runCli(['backup', 'restore', resolve(backup), '--config', folder.config], this.#options.progress.line);
    keepServerName(folder.serverName, placement.serverName);
  }

  /** The data folder is this process's alone from here on. */
  async #open(): Promise<{ readonly placement: Placement; readonly secrets: Secrets }> {
    const { settings } = this.#options;
    const folder = this.#folder;
    const serverName = settleServerName(folder.serverName, settings.serverName);
    await checkRedis(settings);
    makeDataFolder(folder, settings.postgresUrl === undefined && postgresUser() !== undefined);
    const full = wantOfRoom(folder.root);
    if (full !== undefined) throw new CliError(full);
    this.#lock = takeLock(folder.lock);
    await this.#recover();
    const secrets = loadSecrets(folder.secrets, this.#options.random);
    return { secrets, placement: await this.#place(serverName, secrets.rpcToken) };
  }

  #writeConfigurations(placement: Placement, servers: Servers): void {
    const write = (file: string, config: object): void =>
      writePrivateFile(file, `${JSON.stringify(config, null, 2)}\n`);
    // Of one process it is the file of that process.
    if (placement.plans.length > 1) write(this.#folder.config, installationConfig(placement, servers));
    for (const plan of placement.plans)
      write(configFileOf(this.#folder, plan), serviceConfig(placement, plan, servers));
  }

  async #recover(): Promise<void> {
    const names = await stopLeftovers(this.#folder);
    if (names.length > 0)
      this.#options.progress.line(`  recovered    stopped what a killed plexus up left running: ${names.join(', ')}`);
    const self = identify(process.pid);
    if (self === undefined) throw new CliError('cannot tell when this process was started');
    this.#state = openStateFile(this.#folder.state, self, heldBy, this.#options.progress.line);
  }

  async #place(serverName: string, rpcToken: string): Promise<Placement> {
    const { settings } = this.#options;
    const metrics =
      settings.metricsPort === 0 ? [] : processNames(settings.layout).map((_, index) => settings.metricsPort + index);
    const wanted = [
      ['listen.http.port', settings.bind, settings.port],
      ['listen.federation.port', settings.federationBind, settings.federationPort],
      ...metrics.map((port) => ['listen.metrics.port', settings.metricsBind, port] as const),
    ] as const;
    for (const [key, host, port] of wanted)
      if (port !== 0 && !(await isPortFree(host, port)))
        throw new CliError(
          `${key}: port ${port} of ${host} is taken or may not be used; choose another, or 0 for any`,
          2,
        );
    // All in one draw: one drawn later could be one that is given here to a service and not yet listened on.
    const [client = 0, federation = 0, postgres = 0, nats = 0, redis = 0, ...ports] = await freePorts(
      2 + serversOfOne + portsNeeded(settings.layout),
      [settings.port, settings.federationPort, ...metrics],
    );
    const plans = planProcesses(settings.layout, ports);
    return {
      folder: this.#folder,
      settings,
      serverName,
      clientPort: settings.port === 0 ? client : settings.port,
      federationPort: settings.federationPort === 0 ? federation : settings.federationPort,
      serverPorts: [postgres, nats, redis],
      plans: settings.metricsPort === 0 ? plans : withMetricsFrom(settings.metricsPort, plans),
      oldSigningKeys: [],
      rpcToken,
    };
  }

  /** Configuration and key are looked at in a process of their own, since what reads them would cost this one 60 MB for good. */
  async #prepare(placement: Placement): Promise<void> {
    const [plan] = placement.plans;
    if (plan === undefined) return;
    await this.#options.progress.step(
      'configuration',
      () => {
        const newKey = this.#options.newSigningKey === true ? ['--new-signing-key'] : [];
        return this.#checkConfiguration(provisionalConfig(placement, plan), (file) => [
          ...['prepare', '--config', file, '--data', this.#folder.root],
          ...newKey,
        ]);
      },
      (output) => output.trim(),
    );
  }

  /** Has a command look at a configuration that is not in force yet. */
  async #checkConfiguration(config: object, command: (file: string) => readonly string[]): Promise<string> {
    const file = join(this.#folder.run, 'config-checked.json');
    writePrivateFile(file, JSON.stringify(config));
    try {
      return await runCli(command(file));
    } finally {
      rmSync(file, { force: true });
    }
  }

  async #startServers(secrets: Secrets, { serverPorts }: Placement): Promise<Servers> {
    const { settings, progress } = this.#options;
    return await startServers({
      folder: this.#folder,
      settings,
      secrets,
      ports: serverPorts,
      progress,
      start: (spec) => this.#supervise(spec),
    });
  }

  async #migrate({ plans }: Placement): Promise<void> {
    const first = plans[0];
    if (first === undefined) return;
    await this.#options.progress.step(
      'migrations',
      () => runCli(['migrate', '--config', configFileOf(this.#folder, first)]),
      (output) => output.trim(),
    );
  }

  async #startServices(plan: ProcessPlan): Promise<void> {
    const spec = servicesSpec({
      name: plan.name,
      configFile: configFileOf(this.#folder, plan),
      logFile: join(this.#folder.logs, `${plan.name}.log`),
      metricsUrl: metricsUrl(this.#options.settings, plan),
      runs: [plan.name],
    });
    await this.#options.progress.step(
      plan.name === 'all' ? 'services' : plan.name,
      () => this.#supervise(spec),
      () => (plan.name === 'all' ? `${plan.holds.join(', ')} run in one process` : 'runs'),
    );
  }

  async #supervise(spec: ProcessSpec): Promise<void> {
    if (this.#stopping) throw new CliError('stopped while starting');
    const supervised = supervise(spec, {
      line: this.#options.progress.line,
      onIdentity: (name, identity) => this.#state?.setProcess(name, identity),
      random: Math.random,
    });
    this.#processes.push(supervised);
    await supervised.start();
  }

  #describe({ serverName, settings, clientPort, federationPort, plans }: Placement, servers: Servers): void {
    const metrics = plans.map((plan) => [plan.name, metricsUrl(settings, plan)] as const);
    this.#state?.describe({
      serverName,
      clientUrl: clientUrl(settings, clientPort),
      federationUrl: `https://${urlHost(settings.federationBind)}:${federationPort}`,
      metricsUrls: Object.fromEntries(metrics),
      ...servers,
      ports: { client: clientPort, federation: federationPort },
      services: serviceAddresses(plans),
    });
  }

  async #whenOpen({ settings, clientPort }: Placement): Promise<string> {
    const url = clientUrl(settings, clientPort);
    // With TLS the certificate is for the public name, and not for this address.
    if (settings.tls !== undefined) return url;
    const answer = await probe(`${url}/_matrix/client/v3/login`);
    if (answer?.status !== 200)
      throw new CliError(`the services run, but ${url}/_matrix/client/v3/login answers ${answer?.status ?? 'nothing'}`);
    return url;
  }

  #rotateLogs(): void {
    for (const { name } of this.#processes) rotateLog(join(this.#folder.logs, `${name}.log`));
  }
}

/** The gateway opens when all behind it are ready. */
const stagesOf = (plans: readonly ProcessPlan[]): ProcessPlan[][] => [
  plans.filter(({ name }) => name !== 'gateway'),
  plans.filter(({ name }) => name === 'gateway'),
];

const isOfServices = (name: string): boolean => !['postgres', 'nats', 'redis'].includes(name);

const clientUrl = ({ bind, tls }: UpSettings, port: number): string =>
  `${tls === undefined ? 'http' : 'https'}://${urlHost(bind)}:${port}`;

const metricsUrl = ({ metricsBind }: UpSettings, { ports }: ProcessPlan): string =>
  `http://${urlHost(metricsBind)}:${ports.metrics}`;

const withMetricsFrom = (first: number, plans: readonly ProcessPlan[]): ProcessPlan[] =>
  plans.map((plan, index) => ({ ...plan, ports: { ...plan.ports, metrics: first + index } }));
