export {
  type DiscoveryLookups,
  resolveServer,
  type ServerAddress,
  type SrvRecord,
} from './discovery/resolve-server.ts';
export { service } from './main.ts';
