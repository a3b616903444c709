import { RegistrationSource } from '@plexus/appservices';
import { type EphemeralStore, memoryStore } from '@plexus/cache';
import { createHttpServer, createRateLimiter, defaultLimits, type Requester } from '@plexus/http';
import { isDeviceId, isServerName, isUserId } from '@plexus/matrix';
import { systemClock } from '@plexus/observability';
import { operations } from '@plexus/routes';
import { fakeClock, seededRandom, type TestObservability, testObservability } from '@plexus/testkit';
import type { ClientapiSettings } from '../config.ts';
import { handlersOf } from '../handlers.ts';
import { recordedClients, type Written } from './recorded-clients.ts';

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export interface StartedEdge {
  /** `body` as text, or as what is to be serialised; `from` the address of the client. */
  call(method: string, path: string, body?: unknown, token?: string, from?: string): Promise<Answer>;
  readonly written: Written;
  readonly observability: TestObservability;
  advance(milliseconds: number): void;
  stop(): Promise<void>;
}

/** The service's handlers behind the real HTTP server. `alice`, `bob` and `bridge` are tokens. */
export async function startEdge(
  registration: Partial<ClientapiSettings['registration']> = {},
  { limited = false, store }: { limited?: boolean; store?: EphemeralStore } = {},
): Promise<StartedEdge> {
  const written: Written = [];
  const observability = testObservability('clientapi');
  const clock = fakeClock();
  const ephemeral = store ?? memoryStore(clock);
  const serverName = 'example.org';
  if (!isServerName(serverName)) throw new TypeError(serverName);
  const clients = recordedClients(written);
  const handlers = handlersOf({
    settings: {
      serverName,
      wellKnown: { clientContent: {} },
      clientBaseUrl: 'https://example.org',
      delegatedServer: undefined,
      defaultRoomVersion: '12',
      registration: { open: false, requireToken: false, ...registration },
      turn: { uris: [], ttlSeconds: 86_400 },
    },
    clients,
    registrations: new RegistrationSource(clients.appservice, serverName, clock, observability),
    ephemeral,
    clock,
    random: seededRandom('clientapi'),
    observability,
    limiter: createRateLimiter(ephemeral, () => (limited ? defaultLimits : undefined), observability),
  });
  const server = createHttpServer({
    operations,
    handlers,
    authenticate: (token) =>
      token === 'alice' || token === 'bob'
        ? person(token)
        : token === 'bridge'
          ? bridge()
          : { kind: 'refused', error: unknown, softLogout: false },
    observability,
    clock: systemClock,
    trustedProxies: ['127.0.0.1'],
    maxBodyBytes: 1_000_000,
    longPollSignal: new AbortController().signal,
  });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    call: async (method, path, body, token, from) => {
      const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(from !== undefined && { 'x-forwarded-for': from }),
        },
        ...(text !== undefined && { body: text }),
      });
      return { status: response.status, body: Object(await response.json()) };
    },
    written,
    observability,
    advance: (milliseconds) => clock.advance(milliseconds),
    stop: () => server.close(100),
  };
}

const unknown = { status: 401, errcode: 'M_UNKNOWN_TOKEN', error: '' };

function person(name: string): Requester {
  const [userId, deviceId] = [`@${name}:example.org`, 'DEVICE'];
  if (!isUserId(userId) || !isDeviceId(deviceId)) throw new TypeError(userId);
  return { kind: 'user', userId, deviceId, admin: false, sessionNid: 1 };
}

function bridge(): Requester {
  const userId = '@bridge_bot:example.org';
  if (!isUserId(userId)) throw new TypeError(userId);
  return { kind: 'appservice', appserviceId: 'bridge', userId, deviceId: undefined, rateLimited: false };
}
