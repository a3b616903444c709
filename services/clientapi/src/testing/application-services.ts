import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a registration file says besides its id; tokens are `<id>-as` and `<id>-hs`. */
export interface WantedRegistration {
  readonly id: string;
  readonly users?: readonly object[];
  readonly aliases?: readonly object[];
  readonly protocols?: readonly string[];
  readonly url?: string;
}

/** Writes registration files; the sender of each is `<id>_sender`. */
export async function registrationFiles(wanted: readonly WantedRegistration[]): Promise<{
  readonly files: readonly string[];
  remove(): Promise<void>;
}> {
  const folder = await mkdtemp(join(tmpdir(), 'plexus-registrations-'));
  const files = wanted.map(({ id }) => join(folder, `${id}.yaml`));
  for (const [index, { id, users = [], aliases = [], url = null, protocols = [] }] of wanted.entries()) {
    const content = {
      id,
      url,
      protocols,
      as_token: `${id}-as`,
      hs_token: `${id}-hs`,
      sender_localpart: `${id}_sender`,
      rate_limited: true,
      namespaces: { users, aliases, rooms: [] },
    };
    await writeFile(files[index] ?? '', JSON.stringify(content));
  }
  return { files, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** The HTTP side of an application service. */
export interface ListeningBridge {
  readonly url: string;
  /** Method and path, with its query, of each request, in order. */
  readonly asked: readonly string[];
  /** How the next requests are answered; undefined: 404. */
  answer: (method: string, path: string) => unknown;
  close(): Promise<void>;
}

export async function listenAsBridge(): Promise<ListeningBridge> {
  const asked: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const { method = '', url = '' } = incoming;
    asked.push(`${method} ${url}`);
    incoming.resume().on('end', () => {
      void Promise.resolve(bridge.answer(method, url)).then((body) => {
        outgoing.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
        outgoing.end(JSON.stringify(body ?? { errcode: 'M_NOT_FOUND' }));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const bridge: ListeningBridge = {
    url: `http://127.0.0.1:${port}`,
    asked,
    answer: () => undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return bridge;
}
