import { operations } from '@plexus/routes';
import { expect, test } from 'vitest';
import { answersRpc, rpcEdgesOf } from './service-edges.ts';
import { serviceGraph } from './service-graph.ts';

const graph = serviceGraph();
const { gateway, ...services } = graph;
const where = 'helm/plexus/files/service-graph.yaml';

test.each(Object.keys(services))(
  `what %s asks of others is what ${where} says: network policies are made from it`,
  (service) => {
    expect(services[service]?.asks.rpc.toSorted()).toEqual(rpcEdgesOf(service));
    expect(services[service]?.asks.http).toEqual([]);
  },
);

test.each(Object.keys(services))('%s serves gRPC if its sources do, and HTTP if it owns operations', (service) => {
  const serves = services[service]?.serves ?? [];
  expect(serves.includes('rpc')).toBe(answersRpc(service));
  expect(serves.includes('http')).toBe(operations.some(({ owner }) => owner === service));
});

test('the gateway reaches every owner of operations by HTTP and nobody else', () => {
  const owners = [...new Set(operations.map(({ owner }) => owner))];
  expect(gateway?.asks.http.toSorted()).toEqual(owners.toSorted());
  expect(gateway).toMatchObject({ asks: { rpc: [] }, stores: [], outside: [], mounts: [] });
});

test('whoever is asked serves', () => {
  for (const { asks } of Object.values(graph))
    for (const side of ['rpc', 'http'] as const)
      for (const asked of asks[side]) expect(graph[asked]?.serves, asked).toContain(side);
});
