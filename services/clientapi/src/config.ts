import type { PlexusConfig } from '@plexus/config';
import { parseServerName, type ServerName } from '@plexus/matrix';

/** What clientapi needs of the configuration. */
export interface ClientapiSettings {
  readonly serverName: ServerName;
  /** Base URL that clients are sent to; undefined: nobody has said it, and a guess would lead them astray. */
  readonly clientBaseUrl: string | undefined;
  readonly wellKnown: PlexusConfig['wellKnown'];
  /** Where other servers are sent to, `host:port`; undefined: they find this server by its name. */
  readonly delegatedServer: string | undefined;
  readonly defaultRoomVersion: string;
  readonly registration: PlexusConfig['registration'];
  readonly turn: PlexusConfig['turn'];
}

export function settingsOf(config: PlexusConfig): ClientapiSettings {
  const serverName = parseServerName(config.serverName);
  if (serverName === undefined) throw new TypeError('serverName: is not a server name');
  return {
    serverName,
    clientBaseUrl: config.wellKnown.client ?? config.publicBaseUrl,
    wellKnown: config.wellKnown,
    delegatedServer: config.wellKnown.server,
    defaultRoomVersion: config.rooms.defaultVersion,
    registration: config.registration,
    turn: config.turn,
  };
}
