import type { EphemeralStore } from '@plexus/cache';
import type { Database, DatabaseCondition } from '@plexus/postgres';
import type { StreamConnection } from '@plexus/streams';
import type { InstallationGuard } from '../identity/installation-guard.ts';
import type { ReadinessProblem, RunningService, ServiceName } from '../service-module.ts';
import { within } from '../within.ts';

/** A probe wants its answer in time; what cannot be said by then is a problem itself. */
const ANSWER_WITHIN_MS = 2_000;

export type Phase = 'starting' | 'running' | 'stopping';

interface Stores {
  readonly database: Pick<Database, 'condition'>;
  readonly streams: Pick<StreamConnection, 'isConnected' | 'refusal'>;
  readonly ephemeral: Pick<EphemeralStore, 'problem'>;
  readonly installation?: Pick<InstallationGuard, 'problems'> | undefined;
}

/** What keeps a process from doing its work, and in which part of its life it is. */
export class Readiness {
  phase: Phase = 'starting';
  readonly #stores: Stores | undefined;
  readonly #services = new Map<ServiceName, RunningService>();

  /** @param stores undefined in a process without services, a gateway alone. */
  constructor(stores: Stores | undefined) {
    this.#stores = stores;
  }

  add(name: ServiceName, service: RunningService): void {
    this.#services.set(name, service);
  }

  /** What is wrong and makes it slower, not unable: to take it out of service would make things worse. */
  async degradations(): Promise<readonly string[]> {
    if (this.#stores === undefined) return [];
    const { database, streams, ephemeral } = this.#stores;
    const [store, { remarks }] = await Promise.all([
      within(ANSWER_WITHIN_MS, ephemeral.problem(), 'Redis does not answer'),
      conditionOf(database),
    ]);
    return [
      ...(streams.isConnected()
        ? []
        : [`${streams.refusal() ?? 'no connection to NATS'}: entries come from the logs of their owners`]),
      ...(store === undefined ? [] : [`${store}: nobody is seen typing, and logins are limited more strictly`]),
      ...remarks,
    ];
  }

  /** Empty when the process is ready. */
  async problems(): Promise<readonly ReadinessProblem[]> {
    if (this.phase === 'stopping') return ['the process stops'];
    const asked = [...this.#services].map(([name, service]) => readinessOf(name, service));
    if (this.#stores !== undefined) asked.push(conditionOf(this.#stores.database).then(({ problems }) => problems));
    // Before the services start, whoever starts them waits for this.
    if (this.#stores?.installation !== undefined && this.phase !== 'starting')
      asked.push(
        within<readonly string[], readonly string[]>(ANSWER_WITHIN_MS, this.#stores.installation.problems(), []),
      );
    const problems = (await Promise.all(asked)).flat();
    return this.phase === 'starting' ? ['the process starts', ...problems] : problems;
  }
}

async function readinessOf(name: ServiceName, service: RunningService): Promise<readonly ReadinessProblem[]> {
  try {
    return await within(ANSWER_WITHIN_MS, service.readiness(), [`${name}: does not say whether it is ready`]);
  } catch {
    return [`${name}: cannot say whether it is ready`];
  }
}

const noAnswer: DatabaseCondition = {
  problems: ['the database does not take writes: no answer within 2 s'],
  remarks: [],
};

function conditionOf(database: Pick<Database, 'condition'>): Promise<DatabaseCondition> {
  return within(ANSWER_WITHIN_MS, database.condition(), noAnswer);
}
