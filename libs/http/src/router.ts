import type { Operation, OperationKey } from '@plexus/routes';
import findMyWay, { type HTTPMethod } from 'find-my-way';

export type Match =
  | {
      readonly kind: 'operation';
      readonly operation: Operation<OperationKey>;
      readonly params: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'unknownPath' }
  /** The path is not percent-encoded UTF-8. */
  | { readonly kind: 'badPath' }
  /** The path is served, but by these methods. */
  | { readonly kind: 'wrongMethod'; readonly allow: string };

/** A room id or event id has 255 bytes, each of which may be percent-encoded; names of files are longer. */
const MAX_PARAMETER_LENGTH = 8192;

const METHODS: readonly HTTPMethod[] = ['GET', 'POST', 'PUT', 'DELETE'];

/**
 * Finds the operation of a method and URL. Parameters are percent-decoded once, after the path was split at its slashes, so
 * an id may contain any character. See docs/decisions/0001-http-router.md.
 */
export function createRouter(operations: readonly Operation<OperationKey>[]): (method: string, url: string) => Match {
  const tree = findMyWay({ maxParamLength: MAX_PARAMETER_LENGTH, querystringParser: () => noQuery, onBadUrl: unused });
  const byKey = new Map<string, Operation<OperationKey>>();
  for (const operation of operations) {
    byKey.set(operation.key, operation);
    for (const path of operation.paths)
      tree.on(operation.method, path.replace(/\{(\w+)\}/g, ':$1'), unused, operation.key);
  }
  const find = (method: string, url: string): Match | undefined => {
    const found = tree.find(asMethod(method), url);
    if (found === null) return undefined;
    const operation = byKey.get(String(found.store));
    return operation === undefined
      ? { kind: 'badPath' }
      : { kind: 'operation', operation, params: ownParams(found.params) };
  };
  return (method, url) => {
    if (!url.startsWith('/')) return { kind: 'badPath' };
    const found = find(method === 'HEAD' ? 'GET' : method, url);
    if (found !== undefined) return found;
    const allow = METHODS.filter((other) => find(other, url)?.kind === 'operation');
    return allow.length === 0 ? { kind: 'unknownPath' } : { kind: 'wrongMethod', allow: allow.join(', ') };
  };
}

const noQuery = {};

function unused(): void {}

function asMethod(method: string): HTTPMethod {
  return METHODS.find((known) => known === method) ?? 'TRACE';
}

function ownParams(params: Record<string, string | undefined>): Record<string, string> {
  const result: Record<string, string> = {};
  for (const name in params) result[name] = params[name] ?? '';
  return result;
}
