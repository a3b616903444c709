import { parseUserId } from '@plexus/matrix';
import { createObservability, systemClock } from '@plexus/observability';
import { operations } from '@plexus/routes';
import { createHttpServer, type HttpServer, type HttpServerOptions } from '../src/http-server.ts';
import type { Requester } from '../src/requester.ts';

export interface TestServer {
  readonly port: number;
  readonly url: string;
  readonly server: HttpServer;
  /** Log lines so far. */
  readonly lines: readonly Record<string, unknown>[];
  close(): Promise<void>;
}

/** The HTTP layer with these handlers; the access token is the name of the user. */
export async function testServer(over: Partial<HttpServerOptions> = {}, port = 0): Promise<TestServer> {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const observability = createObservability({ service: 'http', level: 'debug', destination });
  const server = createHttpServer({
    operations,
    handlers: {},
    authenticate: (token) => {
      const userId = parseUserId(`@${token}:example.org`);
      if (userId === undefined || token === 'nobody')
        return { kind: 'refused', error: { status: 401, errcode: 'M_UNKNOWN_TOKEN', error: '' }, softLogout: false };
      const requester: Requester = {
        kind: 'appservice',
        appserviceId: 'a',
        userId,
        deviceId: undefined,
        rateLimited: true,
      };
      return requester;
    },
    observability,
    clock: systemClock,
    trustedProxies: ['127.0.0.1'],
    maxBodyBytes: 10_000,
    longPollSignal: new AbortController().signal,
    ...over,
  });
  const listening = await server.listen({ host: '127.0.0.1', port });
  return {
    port: listening.port,
    url: `http://127.0.0.1:${listening.port}`,
    server,
    lines,
    close: () => server.close(100),
  };
}
