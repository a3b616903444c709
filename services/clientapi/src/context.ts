import { RegistrationSource } from '@plexus/appservices';
import type { EphemeralStore } from '@plexus/cache';
import { createRateLimiter, limitsOf, type RateLimiter } from '@plexus/http';
import type { Clock, Observability, Random } from '@plexus/observability';
import type { Clients, ServiceRuntime } from '@plexus/service';
import { type ClientapiSettings, settingsOf } from './config.ts';

/** What every operation of this service may use. */
export interface ClientapiContext {
  readonly settings: ClientapiSettings;
  readonly clients: Clients;
  readonly registrations: RegistrationSource;
  readonly ephemeral: EphemeralStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly observability: Observability;
  /** For limits by what a body says (the account that is signed in to); those by caller are the server's. */
  readonly limiter: RateLimiter;
}

export function contextOf(runtime: ServiceRuntime): ClientapiContext {
  const { config, clients, ephemeral, clock, random, observability } = runtime;
  const settings = settingsOf(config);
  return {
    settings,
    clients,
    registrations: new RegistrationSource(clients.appservice, settings.serverName, clock, observability),
    ephemeral,
    clock,
    random,
    observability,
    limiter: createRateLimiter(ephemeral, limitsOf(config), observability),
  };
}
