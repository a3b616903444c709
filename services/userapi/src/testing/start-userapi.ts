import type { Registration } from '@plexus/contracts/appservice';
import type { RegisteredAccount, Session, UserapiService } from '@plexus/contracts/userapi';
import { parseServerName, type ServerName } from '@plexus/matrix';
import { systemClock, systemRandom } from '@plexus/observability';
import type { Database } from '@plexus/postgres';
import type { StreamConnection } from '@plexus/streams';
import { type TestObservability, testObservability } from '@plexus/testkit';
import { userapiService } from '../api/userapi-service.ts';
import { createContext } from '../context.ts';
import type { DeparturesOptions } from '../departures.ts';

export interface RunningUserapi {
  readonly api: UserapiService;
  readonly observability: TestObservability;
  stop(): Promise<void>;
}

const serverName = exampleServer();

const nobodyAnywhere: Pick<DeparturesOptions, 'roomserver' | 'membership'> = {
  roomserver: { queryMemberships: async () => ({ memberships: [] }) },
  membership: { leaveRoom: async () => ({}) },
};

/** One replica of userapi on real servers; passwords are cheap. */
export function startUserapi(
  database: Database,
  streams: StreamConnection,
  registrations: readonly Registration[] = [],
): RunningUserapi {
  const observability = testObservability('userapi');
  const context = createContext({
    config: {
      serverName,
      passwords: { memoryKib: 64, iterations: 1, parallelism: 1, minLength: 8 },
    },
    database,
    clock: systemClock,
    random: systemRandom,
    streams,
    heads: undefined,
    observability,
    clients: {
      ...nobodyAnywhere,
      appservice: {
        listRegistrations: async () => ({ registrations: [...registrations] }),
        queryExistence: async () => ({ exists: false }),
      },
    },
  });
  context.departures.start();
  return {
    api: userapiService(context),
    observability,
    async stop() {
      await context.departures.stop();
      context.sessions.stop();
      await context.log.stop(1000);
    },
  };
}

function exampleServer(): ServerName {
  const serverName = parseServerName('example.org');
  if (serverName === undefined) throw new TypeError('not a server name');
  return serverName;
}

export const password = 'correct horse';

/** Registers a user with a session on a device. */
export async function registered(api: UserapiService, localpart: string, deviceId?: string): Promise<Session> {
  const account = accountOf(await api.register({ localpart, password, deviceId, admin: false, inhibitLogin: false }));
  if (account.session === undefined) throw new Error('registered without a session');
  return account.session;
}

/** The account of a registration. @throws Error when it was refused */
export function accountOf({ result }: Awaited<ReturnType<UserapiService['register']>>): RegisteredAccount {
  if (result?.$case !== 'account') throw new Error(`not registered: ${JSON.stringify(result)}`);
  return result.value;
}

/** The session of a login. @throws Error when it was refused */
export function sessionOf({ result }: Awaited<ReturnType<UserapiService['loginPassword']>>): Session {
  if (result?.$case !== 'session') throw new Error(`not signed in: ${JSON.stringify(result)}`);
  return result.value;
}

/** The errcode of an answer that is an error; undefined for success. */
export function errcodeOf(
  answer:
    | { readonly error?: { readonly errcode: string } | undefined }
    | { readonly result?: { readonly $case: string; readonly value: unknown } | undefined },
): string | undefined {
  if ('result' in answer) {
    const { result } = answer;
    return result?.$case === 'error' ? errcode(result.value) : undefined;
  }
  return 'error' in answer ? answer.error?.errcode : undefined;
}

function errcode(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'errcode' in value) return String(value.errcode);
  throw new TypeError('not an error');
}
