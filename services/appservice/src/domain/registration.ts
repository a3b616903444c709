import { createHash } from 'node:crypto';
import { compileNamespace, type NamespaceMatcher } from '@plexus/appservices';
import { type ServerName, type UserId, userIdFrom } from '@plexus/matrix';
import { z } from 'zod';

/** A part of the name space that a bridge has a say in. */
export interface Namespace {
  readonly regex: string;
  readonly exclusive: boolean;
  /** Users of other servers are in no namespace. */
  readonly matches: NamespaceMatcher;
}

/** A registration file, checked. Application Service API, "Registration". */
export interface Registration {
  readonly id: string;
  /** Undefined: the bridge wants no traffic. Without a trailing slash. */
  readonly url: string | undefined;
  readonly asTokenHash: Buffer;
  readonly hsToken: string;
  readonly senderLocalpart: string;
  readonly sender: UserId;
  readonly rateLimited: boolean;
  readonly users: readonly Namespace[];
  readonly aliases: readonly Namespace[];
  readonly rooms: readonly Namespace[];
  readonly protocols: readonly string[];
  /** Changes when what the bridge is interested in changes. */
  readonly fingerprint: Buffer;
}

const namespace = z.object({ regex: z.string(), exclusive: z.boolean() });
const namespaces = z.array(namespace).nullish();
const file = z.object({
  id: z.string().min(1).max(255),
  url: z.union([z.literal(''), z.url({ protocol: /^https?$/ })]).nullable(),
  as_token: z.string().min(1),
  hs_token: z.string().min(1),
  sender_localpart: z.string().min(1),
  rate_limited: z.boolean().nullish(),
  protocols: z.array(z.string()).nullish(),
  namespaces: z.object({ users: namespaces, aliases: namespaces, rooms: namespaces }),
});

/** Reads the content of a registration file; errors are sentences that name the key. */
export function parseRegistration(
  content: unknown,
  serverName: ServerName,
): { registration: Registration } | { errors: string[] } {
  const parsed = file.safeParse(content);
  if (!parsed.success)
    return { errors: parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`) };
  const data = parsed.data;
  const sender = userIdFrom(data.sender_localpart, serverName);
  // Generators make up senders with capitals. Appendices, "Historical User IDs".
  if (sender === undefined || !/^[!-9;-~]+$/.test(data.sender_localpart))
    return { errors: ['sender_localpart: not a localpart that a user can have'] };
  const errors: string[] = [];
  const compile = (key: 'users' | 'aliases' | 'rooms'): Namespace[] =>
    (data.namespaces[key] ?? []).flatMap(({ regex, exclusive }, index) => {
      const compiled = compileNamespace(regex);
      if ('matches' in compiled) return [{ regex, exclusive, matches: compiled.matches }];
      errors.push(`namespaces.${key}.${index}.regex: ${compiled.problem}`);
      return [];
    });
  const isLocal = (userId: string) => userId.endsWith(`:${serverName}`);
  const registration: Registration = {
    id: data.id,
    url: data.url ? data.url.replace(/\/$/, '') : undefined,
    asTokenHash: sha256(data.as_token),
    hsToken: data.hs_token,
    senderLocalpart: data.sender_localpart,
    sender,
    rateLimited: data.rate_limited ?? true,
    users: compile('users').map((namespace) => ({
      ...namespace,
      matches: (userId) => isLocal(userId) && namespace.matches(userId),
    })),
    aliases: compile('aliases'),
    rooms: compile('rooms'),
    protocols: data.protocols ?? [],
    fingerprint: sha256(JSON.stringify([data.sender_localpart, data.namespaces])),
  };
  return errors.length > 0 ? { errors } : { registration };
}

/** Two registrations must not share an id, a token or a sender; one sentence per clash. */
export function clashes(registrations: readonly Registration[]): string[] {
  const seen = new Map<string, string>();
  return registrations.flatMap((registration) =>
    [
      ['id', registration.id],
      ['as_token', registration.asTokenHash.toString('hex')],
      ['sender_localpart', registration.senderLocalpart],
    ].flatMap(([key, value]) => {
      const other = seen.get(`${key}=${value}`);
      if (other === undefined) seen.set(`${key}=${value}`, registration.id);
      return other === undefined ? [] : [`${registration.id}: its ${key} is also that of ${other}`];
    }),
  );
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
