import type { ServerName } from '@plexus/matrix';

/** Which other servers this one talks to, as the operator has configured it. */
export interface ServerPolicy {
  allows(server: ServerName): boolean;
}

/** Every server of `allowedServers`, or every server at all without that list, except those of `deniedServers`. */
export function serverPolicy({
  allowedServers,
  deniedServers,
}: {
  readonly allowedServers?: readonly string[] | undefined;
  readonly deniedServers: readonly string[];
}): ServerPolicy {
  const allowed = allowedServers === undefined ? undefined : new Set(allowedServers.map(lowerCase));
  const denied = new Set(deniedServers.map(lowerCase));
  return {
    allows(server) {
      const name = lowerCase(server);
      return !denied.has(name) && (allowed === undefined || allowed.has(name));
    },
  };
}

/** DNS ignores case, so a server must not escape the list by spelling its name in capitals. */
function lowerCase(name: string): string {
  return name.toLowerCase();
}
