import { beforeAll, describe, expect, test } from 'vitest';
import {
  componentOf,
  isTree,
  listAt,
  podsOf,
  selectedComponent,
  type Tree,
  textAt,
  treeAt,
} from './kubernetes-object.ts';
import { goodValues, objectsIn, renderText, valuesIn } from './render-chart.ts';
import { graphOf, serviceGraph } from './service-graph.ts';

type Graph = ReturnType<typeof graphOf>;
const ports = { rpc: 8081, http: 8080, metrics: 9090 } as const;
const storePorts = { postgres: 5432, nats: 4222, redis: 6379 } as const;

interface Rule {
  readonly ports: readonly number[];
  /** Components of the release; undefined: anybody. */
  readonly peers: readonly string[] | undefined;
  readonly raw: Tree;
}

const rulesOf = (policy: Tree | undefined, direction: 'ingress' | 'egress'): Rule[] =>
  listAt(policy, `spec.${direction}`)
    .filter(isTree)
    .map((raw) => {
      const peers = raw[direction === 'ingress' ? 'from' : 'to'];
      return {
        ports: listAt(raw, 'ports').map((port) => Number(textAt(port, 'port'))),
        peers: Array.isArray(peers)
          ? peers
              .filter((peer) => isTree(peer) && 'podSelector' in peer)
              .map((peer) => selectedComponent(treeAt(peer, 'podSelector')))
          : undefined,
        raw,
      };
    });

/** `caller → asked by side`, as the policies of one direction allow it between services. */
const edgesIn = (graph: Graph, policies: ReadonlyMap<string, Tree>, direction: 'ingress' | 'egress'): string[] =>
  Object.keys(graph)
    .flatMap((service) =>
      rulesOf(policies.get(service), direction).flatMap(({ ports: open, peers = [] }) =>
        peers
          .filter((peer) => peer in graph)
          .flatMap((peer) => {
            const [caller, asked] = direction === 'egress' ? [service, peer] : [peer, service];
            return open.map((port) => `${caller} → ${asked} by ${port}`);
          }),
      ),
    )
    .toSorted();

const edgesOfGraph = (graph: Graph): string[] =>
  Object.entries(graph)
    .flatMap(([caller, { asks }]) =>
      (['rpc', 'http'] as const).flatMap((side) => asks[side].map((asked) => `${caller} → ${asked} by ${ports[side]}`)),
    )
    .toSorted();

describe.each(goodValues())('%s', (file) => {
  const values = valuesIn(file);
  const graph = graphOf(values);
  const hasRedis = textAt(values, 'processes') !== 'one' || treeAt(values, 'redis')['url'] !== undefined;
  let objects: Tree[];
  let policies: Map<string, Tree>;
  beforeAll(async () => {
    objects = objectsIn(await renderText(file));
    const all = objects.filter(({ kind }) => kind === 'NetworkPolicy');
    policies = new Map(all.map((policy) => [selectedComponent(treeAt(policy, 'spec.podSelector')), policy]));
  });

  test('by default nothing may be reached and nothing may reach out, and every pod has a policy of its own', () => {
    expect(policies.get('*')).toMatchObject({ spec: { policyTypes: ['Ingress', 'Egress'] } });
    expect(Object.keys(treeAt(policies.get('*'), 'spec')).toSorted()).toEqual(['podSelector', 'policyTypes']);
    for (const { component } of podsOf(objects)) expect([...policies.keys()], component).toContain(component);
  });

  test('the edges between services are those of the service graph, in both directions', () => {
    expect(edgesIn(graph, policies, 'egress')).toEqual(edgesOfGraph(graph));
    expect(edgesIn(graph, policies, 'ingress')).toEqual(edgesOfGraph(graph));
  });

  test('each service reaches its stores, and no other does', () => {
    for (const [service, { stores }] of Object.entries(graph))
      for (const store of ['postgres', 'nats', 'redis'] as const) {
        const open = rulesOf(policies.get(service), 'egress').filter(
          ({ ports: [port], peers }) =>
            (port === storePorts[store] || (store === 'redis' && port === 6380)) &&
            !peers?.some((peer) => peer in graph),
        );
        expect(open.length, `${service} ${store}`).toBe(
          stores.includes(store) && (store !== 'redis' || hasRedis) ? 1 : 0,
        );
      }
  });

  test('only services that talk to the outside reach it, and nothing that is inside', () => {
    for (const [service, { outside }] of Object.entries(graph)) {
      const blocks = rulesOf(policies.get(service), 'egress')
        .flatMap(({ raw }) => listAt(raw, 'to'))
        .map((peer) => treeAt(peer, 'ipBlock'))
        .filter(({ cidr }) => cidr === '0.0.0.0/0' || cidr === '::/0');
      expect(blocks.length, service).toBe(outside.includes('internet') ? 2 : 0);
      const fenced = blocks.flatMap((block) => listAt(block, 'except'));
      if (outside.includes('internet'))
        expect(fenced).toEqual(
          expect.arrayContaining([
            '10.0.0.0/8',
            '127.0.0.0/8',
            '169.254.0.0/16',
            '172.16.0.0/12',
            '192.168.0.0/16',
            'fc00::/7',
            '::1/128',
          ]),
        );
    }
  });

  test('gRPC is reached by services alone, metrics by who may scrape them', () => {
    for (const service of Object.keys(graph))
      for (const { ports: open, peers, raw } of rulesOf(policies.get(service), 'ingress')) {
        if (open.includes(ports.rpc))
          expect(
            peers?.every((peer) => peer in graph),
            service,
          ).toBe(true);
        if (open.includes(ports.metrics)) expect(listAt(raw, 'from'), service).not.toEqual([]);
      }
  });
});

test('a trial store is reached by the services that keep something in it, and reaches nobody', async () => {
  const objects = objectsIn(await renderText('ci/trial-values.yaml'));
  for (const store of ['postgres', 'nats', 'redis'] as const) {
    const policy = objects.find(
      (object) => object['kind'] === 'NetworkPolicy' && componentOf(object) === `trial-${store}`,
    );
    const users = Object.entries(serviceGraph()).flatMap(([service, { stores }]) =>
      stores.includes(store) ? [service] : [],
    );
    expect(rulesOf(policy, 'ingress').flatMap(({ peers = [] }) => peers)).toEqual(expect.arrayContaining(users));
    expect(rulesOf(policy, 'egress')).toEqual([]);
  }
});
