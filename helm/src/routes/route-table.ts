import type { Operation, OperationOwner } from '@plexus/routes';
import { pathExpressions } from './path-expressions.ts';
import { parameter, segmentsOf } from './path-trie.ts';

export interface ServiceRoutes {
  /** Match exactly the paths of the service. */
  readonly expressions: readonly string[];
  /** Path prefixes, by whole segments, under which no other service has any path. */
  readonly prefixes: readonly string[];
}

export interface RouteTable {
  /** Every path that is served begins with one of these; those of the administrators' API are in `admin`. */
  readonly prefixes: readonly string[];
  readonly admin: readonly string[];
  readonly wellKnown: string;
  readonly services: Readonly<Partial<Record<OperationOwner, ServiceRoutes>>>;
}

const wellKnown = '/.well-known/matrix';
/** The administrators' APIs: nobody outside reaches them unless the operator says so. */
const adminRoots = ['/_plexus/admin', '/_synapse'];

/** What a gateway before the services needs to know of their routes. */
export const routeTable = (operations: readonly Operation[]): RouteTable => {
  const owned = operations.flatMap(({ owner, paths }) => paths.map((path) => ({ owner, path })));
  const roots = [...new Set(owned.map(({ path }) => rootOf(path)))].toSorted();
  const owners = [...new Set(owned.map(({ owner }) => owner))].toSorted();
  return {
    prefixes: roots.filter((root) => !adminRoots.includes(root)),
    admin: roots.filter((root) => adminRoots.includes(root)),
    wellKnown,
    services: Object.fromEntries(owners.map((owner) => [owner, routesOf(owner, owned)])),
  };
};

interface OwnedPath {
  readonly owner: OperationOwner;
  readonly path: string;
}

/** Paths that several services share by method are nobody's: our gateway tells them apart. The administrators' API is never routed directly. */
const routesOf = (owner: OperationOwner, owned: readonly OwnedPath[]): ServiceRoutes => {
  const shape = (path: string): string => segmentsOf(path).join('/');
  const others = new Set(owned.filter((one) => one.owner !== owner).map(({ path }) => shape(path)));
  const paths = owned
    .filter((one) => one.owner === owner && !others.has(shape(one.path)) && !isAdmin(one.path))
    .map(({ path }) => path);
  return { expressions: pathExpressions(paths), prefixes: prefixesOf(owner, owned, []) };
};

/** The shortest prefixes below `at` that are wholly the owner's. A prefix has two segments at least and no parameter. */
const prefixesOf = (owner: OperationOwner, owned: readonly OwnedPath[], at: readonly string[]): string[] => {
  const below = owned.filter(({ path }) => at.every((segment, index) => segmentsOf(path)[index] === segment));
  const isWhole = below.every((one) => one.owner === owner);
  if (isAdmin(`/${at.join('/')}`) || below.every((one) => one.owner !== owner)) return [];
  if (isWhole && at.length >= 2) return [`/${at.join('/')}`];
  const next = new Set(below.flatMap(({ path }) => segmentsOf(path)[at.length] ?? []));
  return [...next]
    .filter((segment) => segment !== parameter && segment !== '')
    .toSorted()
    .flatMap((segment) => prefixesOf(owner, below, [...at, segment]));
};

const rootOf = (path: string): string =>
  [wellKnown, ...adminRoots].find((root) => path === root || path.startsWith(`${root}/`)) ??
  `/${segmentsOf(path)[0] ?? ''}`;

const isAdmin = (path: string): boolean => adminRoots.includes(rootOf(path));
