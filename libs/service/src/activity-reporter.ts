import { randomUUID } from 'node:crypto';
import type { DeviceActivity, UserapiService } from '@plexus/contracts/userapi';
import type { ActivityRecorder, Requester, SeenFrom } from '@plexus/http';
import { type Clock, type Observability, outsideOfTrace } from '@plexus/observability';

export interface ActivityReporterOptions {
  readonly userapi: Pick<UserapiService, 'recordActivity'>;
  /** What runs in the process. */
  readonly service: string;
  readonly intervalMs: number;
  /** Called with every request of an application service. */
  readonly appserviceSeen: (appserviceId: string) => void;
  readonly clock: Clock;
  readonly observability: Observability;
}

interface Usage {
  requests: number;
  failures: number;
  seconds: number;
}

/** A device that has been seen is looked at again after so long: in between a request costs one look into a map. */
const FRESH_MS = 30_000;
/** Of a user agent. */
const MAX_USER_AGENT = 256;
/** Devices between two reports; those beyond are seen again soon. */
const MAX_DEVICES = 50_000;

/**
 * Collects who uses the server and tells userapi once in a while, off the way of requests. A report that fails is told again as it was,
 * with what came since in the next one; what a process that is killed had collected is lost.
 */
export class ActivityReporter implements ActivityRecorder {
  readonly #options: ActivityReporterOptions;
  readonly #reporter = randomUUID();
  readonly #timer: NodeJS.Timeout;
  #devices = new Map<number, DeviceActivity>();
  #operations = new Map<string, Usage>();
  #sequence = 0;
  #cpu = process.cpuUsage();
  #unsent: Parameters<UserapiService['recordActivity']>[0] | undefined;
  #sending: Promise<void> = Promise.resolve();

  constructor(options: ActivityReporterOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void outsideOfTrace(() => this.report()), options.intervalMs).unref();
  }

  seen(requester: Requester, from: SeenFrom): void {
    if (requester.kind === 'appservice') {
      this.#options.appserviceSeen(requester.appserviceId);
      return;
    }
    const known = this.#devices.get(requester.sessionNid);
    if (known !== undefined && from.receivedAt - known.lastSeenTs < FRESH_MS) return;
    if (known === undefined && this.#devices.size >= MAX_DEVICES) return;
    this.#devices.set(requester.sessionNid, {
      userId: requester.userId,
      deviceId: requester.deviceId,
      lastSeenTs: from.receivedAt,
      ip: from.ip,
      userAgent: (from.headers['user-agent'] ?? '').slice(0, MAX_USER_AGENT),
    });
  }

  answered(operation: string, status: number, milliseconds: number): void {
    let usage = this.#operations.get(operation);
    if (usage === undefined) {
      usage = { requests: 0, failures: 0, seconds: 0 };
      this.#operations.set(operation, usage);
    }
    usage.requests++;
    if (status >= 500) usage.failures++;
    usage.seconds += milliseconds / 1_000;
  }

  /** Tells what has been collected; one report at a time. Never rejects. */
  report(): Promise<void> {
    this.#sending = this.#sending.then(() => this.#send());
    return this.#sending;
  }

  /** Tells what is left. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.report();
  }

  async #send(): Promise<void> {
    const report = this.#unsent ?? this.#collected();
    if (report === undefined) return;
    this.#unsent = report;
    try {
      await this.#options.userapi.recordActivity(report);
      this.#unsent = undefined;
    } catch (error) {
      this.#options.observability.log.info({ error }, 'who used the server could not be told; it is told again');
    }
  }

  #collected(): Parameters<UserapiService['recordActivity']>[0] | undefined {
    if (this.#devices.size === 0 && this.#operations.size === 0) return undefined;
    const cpu = process.cpuUsage(this.#cpu);
    this.#cpu = process.cpuUsage();
    const report = {
      reporter: this.#reporter,
      sequence: ++this.#sequence,
      service: this.#options.service,
      devices: [...this.#devices.values()],
      operations: [...this.#operations].map(([operation, usage]) => ({ operation, ...usage })),
      cpuSeconds: (cpu.user + cpu.system) / 1_000_000,
      residentBytes: process.memoryUsage.rss(),
    };
    this.#devices = new Map();
    this.#operations = new Map();
    return report;
  }
}
