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
  const ipLiterals = ownValue(content, 'allow_ip_literals') !== false;
  const deny = patternsOf(content, 'deny');
  const allow = patternsOf(content, 'allow');
  return {
    allows: (server) => {
      const { host, kind } = serverNameParts(server);
      if (kind !== 'dns' && !ipLiterals) return false;
      const name = kind === 'ipv6' ? `[${host}]` : host;
      return !deny.some((glob) => glob.matches(name)) && allow.some((glob) => glob.matches(name));
    },
  };
}

function patternsOf(content: JsonObject, key: 'allow' | 'deny'): Glob[] {
  const patterns = ownValue(content, key);
  if (!Array.isArray(patterns)) return [];
  return patterns
    .filter((pattern) => typeof pattern === 'string')
    .map((pattern) => compileGlob(pattern, { ignoreCase: true }));
}
