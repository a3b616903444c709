import { type JsonObject, ownValue } from '../canonical-json/json-value.ts';
import { compileGlob, type Glob } from '../glob/glob.ts';
import { type ServerName, serverNameParts } from '../identifiers/server-name.ts';

/** Which servers may take part in a room, ready to be asked. */
export type ServerAcl = { readonly allows: (server: ServerName) => boolean };

/**
 * Reads the content of `m.room.server_acl`, undefined when the room has none. Ports are not looked at, nor is case.
 * Client-Server API, m.room.server_acl.
 */
export function compileServerAcl(content: JsonObject | undefined): ServerAcl {
  if (content === undefined) return { allows: () => true };
  const known = compiled.get(content);
  if (known !== undefined) return known;
  const acl = compileContent(content);
  compiled.set(content, acl);
  return acl;
}

/** An event's content of 64 KiB holds some 7,000 patterns, and is asked about every event of another server. */
const compiled = new WeakMap<JsonObject, ServerAcl>();

function compileContent(content: JsonObject): ServerAcl {
  const ipLiterals = ownValue(content, 'allow_ip_literals') !== false;
  const deny = patternsOf(content, 'deny');
  const allow = patternsOf(content, 'allow');
  return {
    allows: (server) => {
      const { host, kind } = serverNameParts(server);
      if (kind !== 'dns' && !ipLiterals) return false;
      const name = kind === 'ipv6' ? `[${host}]` : host;
      return !deny(name) && allow(name);
    },
  };
}

/** Whether a name fits one of the patterns. Names without wildcards, nearly all there are, are looked up. */
function patternsOf(content: JsonObject, key: 'allow' | 'deny'): (name: string) => boolean {
  const value = ownValue(content, key);
  const patterns = new Set(
    (Array.isArray(value) ? value : []).flatMap((pattern) =>
      typeof pattern === 'string' ? [pattern.toLowerCase()] : [],
    ),
  );
  const globs = [...patterns].filter((pattern) => /[*?]/.test(pattern)).map((pattern) => lazyGlob(pattern));
  return (name) => patterns.has(name.toLowerCase()) || globs.some((glob) => glob().matches(name));
}

function lazyGlob(pattern: string): () => Glob {
  let glob: Glob | undefined;
  return () => {
    glob ??= compileGlob(pattern, { ignoreCase: true });
    return glob;
  };
}
