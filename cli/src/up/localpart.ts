import { CliError } from '../cli-error.ts';

/** The localpart of what a person calls a user: `alice`, or `@alice:example.org` of this server. @throws CliError for another server's. */
export const localpartOf = (name: string, serverName: string): string => {
  if (!name.startsWith('@')) return name;
  const [localpart = '', ...server] = name.slice(1).split(':');
  if (server.join(':') === serverName) return localpart;
  throw new CliError(`${name} is not a user id of ${serverName}`, 2);
};
