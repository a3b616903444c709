import { join } from 'node:path';
import { CliError } from '../cli-error.ts';
import type { Progress } from '../console/progress.ts';
import { type DataFolder, dataFolder, makeDataFolder } from '../folder/data-folder.ts';
import { keepServerName, settleServerName } from '../folder/identity-file.ts';
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
import { heldBy, type ProcessPlan, planProcesses, portsNeeded } from './process-plan.ts';
import { stopLeftovers } from './recover.ts';
import { checkRedis, type Servers, startServers } from './servers.ts';
import {
  configFileOf,
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
  #starting: Promise<unknown> = Promise.resolve();
  #stopping = false;

  constructor(options: StackOptions) {
    this.#options = options;
    this.#folder = dataFolder(options.dataDirectory);
  }

  /** Answers the URL for clients when one can sign in. @throws CliError when that is not to be had. */
  start(): Promise<string> {
    const started = this.#start();
    this.#starting = started.catch(() => undefined);
    return started;
  }

  /** Stops all, in order, also while a start is going on. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#logCheck);
    await stopAll(this.#processes);
    await this.#starting;
    await stopAll(this.#processes);
    this.#lock?.release();
  }

  async #start(): Promise<string> {
    const { settings, progress } = this.#options;
    const folder = this.#folder;
    const serverNameFile = join(folder.keys, 'server-name');
    const serverName = settleServerName(serverNameFile, settings.serverName);
    await checkRedis(settings);
    makeDataFolder(folder, settings.postgresUrl === undefined && postgresUser() !== undefined);
    this.#lock = takeLock(folder.lock);
    await this.#recover();
    const secrets = loadSecrets(folder.secrets, this.#options.random);
    const placement = await this.#place(serverName, secrets.rpcToken);
    progress.line(`plexus ${serverName} in ${folder.root}`);
    await this.#prepare(placement);
    keepServerName(serverNameFile, serverName);
    const servers = await this.#startServers(secrets, placement);
    this.#describe(placement, servers);
    for (const plan of placement.plans)
      writePrivateFile(
        configFileOf(folder, plan),
        `${JSON.stringify(serviceConfig(placement, plan, servers), null, 2)}\n`,
      );
    await this.#migrate(placement);
    for (const stage of stagesOf(placement.plans)) await Promise.all(stage.map((plan) => this.#startServices(plan)));
    this.#logCheck = setInterval(() => this.#rotateLogs(), logCheckMs);
    return await this.#whenOpen(placement);
  }

  async #recover(): Promise<void> {
    const names = await stopLeftovers(this.#folder);
    if (names.length > 0)
      this.#options.progress.line(`  recovered    stopped what a killed plexus up left running: ${names.join(', ')}`);
    const self = identify(process.pid);
    if (self === undefined) throw new CliError('cannot tell when this process was started');
    this.#state = openStateFile(this.#folder.state, self, heldBy);
  }

  async #place(serverName: string, rpcToken: string): Promise<Placement> {
    const { settings } = this.#options;
    const wanted = [
      ['listen.http.port', settings.bind, settings.port],
      ['listen.federation.port', settings.federationBind, settings.federationPort],
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
      [settings.port, settings.federationPort],
    );
    return {
      folder: this.#folder,
      settings,
      serverName,
      clientPort: settings.port === 0 ? client : settings.port,
      federationPort: settings.federationPort === 0 ? federation : settings.federationPort,
      serverPorts: [postgres, nats, redis],
      plans: planProcesses(settings.layout, ports),
      rpcToken,
    };
  }

  /** Configuration and key are looked at in a process of their own, since what reads them would cost this one 60 MB for good. */
  async #prepare(placement: Placement): Promise<void> {
    const [plan] = placement.plans;
    if (plan === undefined) return;
    writePrivateFile(this.#folder.config, JSON.stringify(provisionalConfig(placement, plan)));
    await this.#options.progress.step(
      'configuration',
      () => runCli(['prepare', '--config', this.#folder.config, '--data', this.#folder.root]),
      (output) => output.trim(),
    );
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
      metricsPort: plan.ports.metrics,
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
    const host = urlHost(settings.bind);
    const metrics = plans.map(({ name, ports }) => [name, `http://127.0.0.1:${ports.metrics}`] as const);
    this.#state?.describe({
      serverName,
      clientUrl: `http://${host}:${clientPort}`,
      federationUrl: `https://${urlHost(settings.federationBind)}:${federationPort}`,
      metricsUrls: Object.fromEntries(metrics),
      ...servers,
      ports: { client: clientPort, federation: federationPort },
      services: serviceAddresses(plans),
    });
  }

  async #whenOpen({ settings, clientPort }: Placement): Promise<string> {
    const url = `http://${urlHost(settings.bind)}:${clientPort}`;
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
