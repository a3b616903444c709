export { eventually } from './eventually.ts';
export { type FakeClock, fakeClock, seededRandom } from './fake-clock.ts';
export { leakCheck } from './leak-check.ts';
export { sharedServer } from './servers/shared-server.ts';
export { type Cluster, type ClusterOptions, startCluster } from './start-cluster.ts';
export { type MigratedSchema, type TestDatabase, testDatabase } from './test-database.ts';
export { testEphemeral } from './test-ephemeral.ts';
export { type TestObservability, testObservability } from './test-observability.ts';
export { connected, type TestNats, type TestStreams, testNats, testStreams } from './test-streams.ts';
