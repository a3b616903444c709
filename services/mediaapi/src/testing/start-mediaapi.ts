import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHttpServer, errors } from '@plexus/http';
import { parseDeviceId, parseServerName, parseUserId } from '@plexus/matrix';
import { systemClock, systemRandom } from '@plexus/observability';
import { operations } from '@plexus/routes';
import { type TestDatabase, testDatabase, testObservability } from '@plexus/testkit';
import { createContext, type MediaapiContext } from '../context.ts';
import { mediaHandlers } from '../main.ts';

export interface RunningMediaapi {
  readonly baseUrl: string;
  readonly context: MediaapiContext;
  /** All files of the media folder, relative to it. */
  files(): Promise<string[]>;
  stop(): Promise<void>;
}

export interface MediaRules {
  /** None when absent. */
  readonly reserveBytes?: number;
  readonly maxUploadBytes: number;
  readonly maxImagePixels: number;
  readonly unauthenticatedDownloads: boolean;
}

/** The server name of the media that tests upload. */
export const serverName = required(parseServerName('example.org'));

export async function withDatabase(): Promise<TestDatabase> {
  return testDatabase(['mediaapi']);
}

/** mediaapi behind a real HTTP server, on a real disk and database. A token is the localpart of its user. */
export async function startMediaapi(
  { database }: TestDatabase,
  rules: MediaRules,
  directory?: string,
): Promise<RunningMediaapi> {
  const folder = directory ?? (await mkdtemp(join(tmpdir(), 'plexus-media-')));
  const observability = testObservability('mediaapi');
  const context = createContext({
    config: { serverName, media: { directory: folder, reserveBytes: 0, ...rules } },
    database,
    clock: systemClock,
    random: systemRandom,
    observability,
  });
  await context.files.prepare();
  const server = createHttpServer({
    operations,
    handlers: mediaHandlers(context),
    authenticate: (token) => {
      if (!/^[a-z]+$/.test(token)) throw errors.unknownToken(false);
      const userId = required(parseUserId(`@${token}:example.org`));
      return { kind: 'user', userId, deviceId: required(parseDeviceId('D')), admin: false, sessionNid: 1 };
    },
    observability,
    clock: systemClock,
    trustedProxies: [],
    maxBodyBytes: 65_536,
    longPollSignal: new AbortController().signal,
  });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    context,
    files: async () => {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    },
    async stop() {
      await server.close(100);
      if (directory === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('a fixture is wrong');
  return value;
}
