import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './generated-files.ts';
import { serviceNames } from './service-graph.ts';

/** Services that a service's sources ask by gRPC: `clients.NAME`, or NAME taken out of `clients`. */
export const rpcEdgesOf = (service: string): string[] => {
  const known = serviceNames();
  const asked = sourcesOf(service).flatMap((text) => [
    ...[...text.matchAll(/\bclients\??\.(\w+)/g)].map((match) => match[1] ?? ''),
    ...[...text.matchAll(/\{([^{}]*)\}(?:: \w+)? = (?:\w+\.)*clients\b/g)].flatMap((match) => namesIn(match[1] ?? '')),
    ...[...text.matchAll(/\bclients: \{([^{}]*)\}/g)].flatMap((match) => namesIn(match[1] ?? '')),
    ...[...text.matchAll(/\bPick<Clients, ([^>]*)>/g)].flatMap((match) =>
      [...(match[1] ?? '').matchAll(/'(\w+)'/g)].map((name) => name[1] ?? ''),
    ),
  ]);
  const edges = new Set(asked.filter((name) => known.includes(name) && name !== service));
  // Whoever answers clients asks userapi whose access token it is (libs/service, openSessions).
  if (answersHttp(service)) edges.add('userapi');
  return [...edges].toSorted();
};

const namesIn = (list: string): string[] => list.split(',').map((entry) => entry.split(':')[0]?.trim() ?? '');

/** Whether it has handlers of HTTP operations. */
export const answersHttp = (service: string): boolean =>
  service !== 'userapi' && sourcesOf(service).some((text) => /'(?:client|federation|admin)\.\w+': /.test(text));

/** Whether it serves a gRPC service. */
export const answersRpc = (service: string): boolean =>
  sourcesOf(service).some((text) => text.includes('bindService('));

const sourcesOf = (service: string): string[] =>
  globSync(`services/${service}/src/**/*.ts`, { cwd: repository })
    .filter((path) => !path.endsWith('.test.ts') && !path.includes('/testing/'))
    .map((path) => readFileSync(join(repository, path), 'utf8'));
