import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { CliError, messageOf } from '../cli-error.ts';
import { backOffMs, settledAfterMs } from './back-off.ts';
import { openLog } from './log-file.ts';
import { logTail } from './log-tail.ts';
import { identify, type ProcessIdentity, stopProcess } from './process-identity.ts';

export interface ProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Whom to run as; absent: whoever runs this. */
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  readonly logFile: string;
  /** Given an IPC channel, whose end tells the child that its supervisor is gone. */
  readonly tethered: boolean;
  readonly stopSignal: NodeJS.Signals;
  readonly readyWithinMs: number;
  /** Resolves true when the process can do its work; asked again every few milliseconds. */
  isReady(): Promise<boolean>;
  /** Resolves false when the process hangs; asked every few seconds while it runs. */
  isAlive?(): Promise<boolean>;
}

/** How often a running process is asked whether it is alive, and how many times in a row it may not be before it is killed. */
export interface Watch {
  readonly everyMs: number;
  readonly failures: number;
}

/** A machine that is busy, or a long pause of the disk, is no hung process. */
const usualWatch: Watch = { everyMs: 5_000, failures: 6 };

export interface SupervisionHooks {
  readonly line: (text: string) => void;
  /** Every start and end, so that the state file is true at any moment. */
  readonly onIdentity: (name: string, identity: ProcessIdentity | undefined) => void;
  readonly random: () => number;
}

/** Starts a process, waits until it is ready, and from then on starts it again whenever it ends. */
export interface SupervisedProcess {
  readonly name: string;
  /** @throws CliError with the last lines of its log when it does not become ready, or was stopped meanwhile. */
  start(): Promise<void>;
  /** Sends it a signal, if it runs. */
  signal(signal: NodeJS.Signals): void;
  /** Ends it for good. After `graceMs` it is killed. */
  stop(graceMs: number): Promise<void>;
}

export const supervise = (spec: ProcessSpec, hooks: SupervisionHooks, watch: Watch = usualWatch): SupervisedProcess =>
  new Supervision(spec, hooks, watch);

class Supervision implements SupervisedProcess {
  readonly name: string;
  readonly #spec: ProcessSpec;
  readonly #hooks: SupervisionHooks;
  #child: ChildProcess | undefined;
  #identity: ProcessIdentity | undefined;
  #ended = Promise.resolve('');
  #failures = 0;
  readonly #watch: Watch;
  #restart: NodeJS.Timeout | undefined;
  #watching: NodeJS.Timeout | undefined;
  #lost: string | undefined;
  #phase: 'starting' | 'running' | 'stopped' = 'starting';

  constructor(spec: ProcessSpec, hooks: SupervisionHooks, watch: Watch) {
    this.name = spec.name;
    this.#watch = watch;
    this.#spec = spec;
    this.#hooks = hooks;
  }

  async start(): Promise<void> {
    this.#spawn();
    const outcome = await this.#becomesReady();
    if (outcome === 'ready' && this.#phase === 'starting') {
      this.#phase = 'running';
      this.#watchOver(0);
      return;
    }
    this.#phase = 'stopped';
    await this.#stopChild(2_000);
    const tail = logTail(this.#spec.logFile, 4);
    const end = tail.length === 0 ? '' : `. The end of ${this.#spec.logFile}:\n    ${tail.join('\n    ')}`;
    throw new CliError(`${this.name} ${outcome}${end}`);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  async stop(graceMs: number): Promise<void> {
    this.#phase = 'stopped';
    clearTimeout(this.#restart);
    clearTimeout(this.#watching);
    await this.#stopChild(graceMs);
  }

  async #stopChild(graceMs: number): Promise<void> {
    if (this.#identity === undefined) return;
    const name = this.name;
    if (!(await stopProcess(this.#identity, this.#spec.stopSignal, graceMs)))
      this.#hooks.line(`${name} did not stop within ${graceMs} ms and was killed`);
    await this.#ended;
  }

  #spawn(): void {
    const { command, args, env, uid, gid, tethered } = this.#spec;
    const log = this.#openLog();
    const child = spawn(command, args, {
      cwd: '/',
      // A process group of its own: a Ctrl-C reaches the supervisor alone, which then stops everything in order.
      detached: true,
      env: { ...process.env, ...env },
      ...(uid === undefined ? {} : { uid }),
      ...(gid === undefined ? {} : { gid }),
      stdio: tethered ? ['ignore', log, log, 'ipc'] : ['ignore', log, log],
    });
    if (log !== 'ignore') closeSync(log);
    this.#child = child;
    this.#identity = child.pid === undefined ? undefined : identify(child.pid);
    this.#hooks.onIdentity(this.name, this.#identity);
    const startedAt = performance.now();
    this.#ended = new Promise((resolve) => {
      child.once('error', (error) => resolve(`could not be started: ${messageOf(error)}`));
      child.once('exit', (code, signal) => resolve(`ended (${signal ?? `exit code ${code}`})`));
    });
    void this.#ended.then((how) => this.#onEnd(child, how, performance.now() - startedAt));
  }

  #onEnd(child: ChildProcess, how: string, ranMs: number): void {
    if (child !== this.#child) return;
    this.#child = undefined;
    this.#identity = undefined;
    this.#hooks.onIdentity(this.name, undefined);
    if (this.#phase !== 'running') return;
    this.#failures = ranMs > settledAfterMs ? 1 : this.#failures + 1;
    const delay = backOffMs(this.#failures, this.#hooks.random());
    this.#hooks.line(`${this.name} ${how}, starting again in ${delay} ms`);
    this.#restart = setTimeout(() => this.#again(), delay);
  }

  #again(): void {
    const beganAt = performance.now();
    this.#spawn();
    const { line } = this.#hooks;
    void this.#becomesReady().then((outcome) => {
      if (this.#phase !== 'running') return;
      if (outcome === 'ready') line(`${this.name} runs again (${Math.round(performance.now() - beganAt)} ms)`);
      else if (this.#child !== undefined) line(`${this.name} ${outcome}`);
    });
  }

  /** A log that cannot be written is no reason to do without the process. */
  #openLog(): number | 'ignore' {
    const { logFile } = this.#spec;
    try {
      return openLog(logFile);
    } catch (error) {
      const lost = `${this.name} runs without its log: ${messageOf(error)}`;
      if (lost !== this.#lost) this.#hooks.line(lost);
      this.#lost = lost;
      return 'ignore';
    }
  }

  /** Kills the process when it hangs: its end starts it again. */
  #watchOver(failures: number): void {
    const { isAlive } = this.#spec;
    if (isAlive === undefined || this.#phase !== 'running') return;
    const { everyMs, failures: most } = this.#watch;
    const watched = this.#identity;
    this.#watching = setTimeout(() => {
      void isAlive().then(async (alive) => {
        const isSame = watched !== undefined && this.#identity === watched;
        if (!alive && isSame && failures + 1 >= most && this.#phase === 'running') {
          this.#hooks.line(
            `${this.name} hangs, it has given no answer for ${Math.round((everyMs * most) / 1_000)} s: killing it`,
          );
          await stopProcess(watched, 'SIGKILL', 2_000);
        }
        this.#watchOver(alive || !isSame ? 0 : (failures + 1) % most);
      });
    }, everyMs);
  }

  /** 'ready', or what happened instead. */
  async #becomesReady(): Promise<string> {
    const deadline = performance.now() + this.#spec.readyWithinMs;
    const child = this.#child;
    while (this.#child === child && child !== undefined) {
      if (await this.#spec.isReady()) return 'ready';
      if (performance.now() > deadline) return `is not ready after ${Math.round(this.#spec.readyWithinMs / 1000)} s`;
      await Promise.race([this.#ended, new Promise((resolve) => setTimeout(resolve, 25))]);
    }
    return await this.#ended;
  }
}
