import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { at, textAt } from './kubernetes-object.ts';

/** files/service-graph.yaml of the chart, which says what each field means. */
export interface ServiceNode {
  readonly serves: readonly ('http' | 'rpc')[];
  readonly asks: { readonly rpc: readonly string[]; readonly http: readonly string[] };
  readonly stores: readonly ('postgres' | 'nats' | 'redis')[];
  readonly outside: readonly ('internet' | 'bridges')[];
  readonly mounts: readonly ('signingKey' | 'media' | 'appservices')[];
}

const file = new URL('../../plexus/files/service-graph.yaml', import.meta.url);

export const serviceGraph = (): Readonly<Record<string, ServiceNode>> => parse(readFileSync(file, 'utf8'));

/** Sections of the values that are shaped like `defaults`: the services, and the one process that holds all. */
export const sectionNames = (): string[] => [...serviceNames(), 'all'];

export const serviceNames = (): string[] => Object.keys(serviceGraph());

/** The graph of what runs with these values: one node of all, or the services without federationapi where there is no federation. */
export const graphOf = (values: unknown): Readonly<Record<string, ServiceNode>> => {
  const services = serviceGraph();
  if (at(values, 'config.federation.enabled') === false) {
    const { federationapi: _, ...rest } = services;
    return textAt(values, 'processes') === 'one' ? { all: merged(rest) } : mapNodes(rest, withoutFederation);
  }
  return textAt(values, 'processes') === 'one' ? { all: merged(services) } : services;
};

const withoutFederation = ({ asks: { rpc, http }, ...node }: ServiceNode): ServiceNode => ({
  ...node,
  asks: {
    rpc: rpc.filter((name) => name !== 'federationapi'),
    http: http.filter((name) => name !== 'federationapi'),
  },
});

const mapNodes = (
  graph: Readonly<Record<string, ServiceNode>>,
  change: (node: ServiceNode) => ServiceNode,
): Record<string, ServiceNode> => Object.fromEntries(Object.entries(graph).map(([name, node]) => [name, change(node)]));

const merged = (graph: Readonly<Record<string, ServiceNode>>): ServiceNode => {
  const nodes = Object.values(graph);
  return {
    serves: ['http', 'rpc'],
    asks: { rpc: [], http: [] },
    stores: [...new Set(nodes.flatMap(({ stores }) => stores))],
    outside: [...new Set(nodes.flatMap(({ outside }) => outside))],
    mounts: [...new Set(nodes.flatMap(({ mounts }) => mounts))],
  };
};
