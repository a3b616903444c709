import { CliError } from '../cli-error.ts';
import { type ApiAnswer, type ApiServer, askApiServer } from './api-server.ts';

export interface SecretPlace {
  readonly namespace: string;
  readonly name: string;
}

const MAX_TRIES = 5;

/**
 * Puts what is missing into a Secret, which is made when it is absent. What is there is never replaced, also when several do so at once.
 * @returns the keys that were made.
 * @throws CliError when the API server refuses.
 */
export const fillSecret = async (
  server: ApiServer,
  { namespace, name }: SecretPlace,
  keys: readonly string[],
  generate: (key: string) => string,
): Promise<readonly string[]> => {
  const collection = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets`;
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const found = await askApiServer(server, 'GET', `${collection}/${encodeURIComponent(name)}`);
    if (found.status !== 200 && found.status !== 404) throw refused('read', name, found);
    const known = found.status === 200 ? secretOf(found.body) : undefined;
    const missing = keys.filter((key) => !known?.keys.includes(key));
    if (missing.length === 0) return [];
    const stringData = Object.fromEntries(missing.map((key) => [key, generate(key)]));
    const written =
      known === undefined
        ? await askApiServer(server, 'POST', collection, newSecret(name, stringData))
        : await askApiServer(server, 'PATCH', `${collection}/${encodeURIComponent(name)}`, {
            metadata: { resourceVersion: known.version },
            stringData,
          });
    if (written.status === 200 || written.status === 201) return missing;
    // Somebody else was faster: look again.
    if (written.status !== 409) throw refused(known === undefined ? 'created' : 'changed', name, written);
  }
  throw new CliError(`the Secret ${name} is changed by others all the time`);
};

const newSecret = (name: string, stringData: Readonly<Record<string, string>>): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    name,
    labels: { 'app.kubernetes.io/part-of': 'plexus' },
  },
  type: 'Opaque',
  stringData,
});

const secretOf = (body: unknown): { keys: readonly string[]; version: string } => {
  const data = field(body, 'data');
  const version = field(field(body, 'metadata'), 'resourceVersion');
  return { keys: Object.keys(typeof data === 'object' && data !== null ? data : {}), version: String(version) };
};

const refused = (done: string, name: string, { status, body }: ApiAnswer): CliError => {
  const message = field(body, 'message');
  return new CliError(`the Secret ${name} cannot be ${done}: ${typeof message === 'string' ? message : status}`);
};

const field = (object: unknown, key: string): unknown =>
  typeof object === 'object' && object !== null
    ? Object.entries(object).find(([name]) => name === key)?.[1]
    : undefined;
