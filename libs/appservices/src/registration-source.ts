import type { AppserviceService } from '@plexus/contracts/appservice';
import type { ServerName } from '@plexus/matrix';
import type { Clock, Observability } from '@plexus/observability';
import { Registrations } from './registrations.ts';

/** A registration that was added is in force so long after the appservice service has it. */
const REFRESH_MS = 10_000;

/** The registrations of application services, asked for when they are needed and not fresh any more. */
export class RegistrationSource {
  readonly #appservice: Pick<AppserviceService, 'listRegistrations'>;
  readonly #serverName: ServerName;
  readonly #clock: Clock;
  readonly #observability: Observability;
  #current: Registrations | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;
  #asking: Promise<Registrations> | undefined;

  constructor(
    appservice: Pick<AppserviceService, 'listRegistrations'>,
    serverName: ServerName,
    clock: Clock,
    observability: Observability,
  ) {
    this.#appservice = appservice;
    this.#serverName = serverName;
    this.#clock = clock;
    this.#observability = observability;
  }

  /**
   * The newest registrations. Those that are known are used while they are refreshed, and while the appservice service does not answer.
   * @throws RpcError when none are known and it does not answer: nobody may then take what a bridge owns.
   */
  current(): Registrations | Promise<Registrations> {
    if (this.#clock.monotonic() - this.#askedAt < REFRESH_MS && this.#current !== undefined) return this.#current;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    if (this.#current === undefined) return this.#asking;
    this.#asking.catch((error: unknown) => {
      this.#observability.log.warn({ error }, 'registrations of application services not refreshed');
    });
    return this.#current;
  }

  async #ask(): Promise<Registrations> {
    const askedAt = this.#clock.monotonic();
    const { registrations } = await this.#appservice.listRegistrations({});
    this.#askedAt = askedAt;
    this.#current = new Registrations(registrations, this.#serverName);
    return this.#current;
  }
}
