import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

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

export const serviceNames = (): string[] => Object.keys(serviceGraph());
