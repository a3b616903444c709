export { type DiscoveryLookups, resolveServer, type ServerAddress } from './discovery/resolve-server.ts';
export { service } from './main.ts';
