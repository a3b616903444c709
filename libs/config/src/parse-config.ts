import type { z } from 'zod';
import { type ConfigError, sentences } from './error-sentence.ts';
import { type PlexusConfig, schema } from './schema.ts';
import { readSecretFiles } from './secret-files.ts';

export type ParsedConfig =
  | { readonly kind: 'config'; readonly config: PlexusConfig }
  | { readonly kind: 'errors'; readonly errors: readonly ConfigError[] };

/** Checks a configuration tree and fills in the defaults; or everything that is wrong with it. Reads the files of secrets. */
export function parseConfig(tree: unknown): ParsedConfig {
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree))
    return { kind: 'errors', errors: ['configuration: must be a section with keys'] };
  const errors: ConfigError[] = [];
  const parsed = schema.safeParse(readSecretFiles({ ...tree }, errors));
  if (!parsed.success) errors.push(...issuesOf(parsed.error, errors));
  else errors.push(...contradictions(parsed.data));
  if (errors.length > 0 || !parsed.success) return { kind: 'errors', errors };
  return { kind: 'config', config: parsed.data };
}

/** An unreadable secret has been reported under the name of its file and is not missing too. */
function issuesOf(error: z.ZodError, reported: readonly ConfigError[]): ConfigError[] {
  return error.issues
    .flatMap(sentences)
    .filter((sentence) => !reported.some((other) => other.startsWith(`${sentence.split(':', 1)[0]}File:`)));
}

/** What each key alone does not show. */
function contradictions(config: PlexusConfig): ConfigError[] {
  const errors: ConfigError[] = [];
  if (config.federation.tls !== undefined && config.listen.federation === undefined && !config.federation.enabled)
    errors.push('federation.tls: has no effect while federation.enabled is false');
  const { token, user, password } = config.nats;
  if (token !== undefined && (user !== undefined || password !== undefined))
    errors.push('nats.token: must not be given together with nats.user and nats.password');
  if ((user === undefined) !== (password === undefined))
    errors.push(`nats.${user === undefined ? 'user' : 'password'}: is missing; user and password belong together`);
  for (const [name, peer] of Object.entries(config.services))
    if (peer?.replicas === 'dns' && peer.http.some((url) => !url.startsWith('http://')))
      errors.push(
        `services.${name}.http: must begin with http:// where replicas is dns, for no certificate names an address`,
      );
  const { client, clientContent, support } = config.wellKnown;
  if ((client ?? config.publicBaseUrl) === undefined && Object.keys(clientContent).length > 0)
    errors.push('wellKnown.clientContent: has no effect without publicBaseUrl or wellKnown.client');
  if ('m.homeserver' in clientContent)
    errors.push('wellKnown.clientContent: must not hold m.homeserver, which is wellKnown.client');
  if (support !== undefined && support.contacts.length === 0 && support.supportPage === undefined)
    errors.push('wellKnown.support: must have contacts or a supportPage');
  for (const [index, { matrixId, emailAddress }] of (support?.contacts ?? []).entries())
    if (matrixId === undefined && emailAddress === undefined)
      errors.push(`wellKnown.support.contacts[${index}]: must have a matrixId or an emailAddress`);
  const isElsewhere = Object.values(config.services).some((peer) => peer !== undefined && peer.rpc.length > 0);
  if (isElsewhere && config.redis === undefined)
    errors.push('redis: is missing; services in several processes must share a Redis');
  return errors;
}
