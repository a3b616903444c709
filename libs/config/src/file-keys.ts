import { isAbsolute, resolve } from 'node:path';
import { secretKeys } from './secret-files.ts';

/** Keys that name a file or a folder. */
export const fileKeys: readonly (readonly string[])[] = [
  ['signingKeyFile'],
  ['media', 'directory'],
  ['appservices'],
  ['listen', 'tls', 'certificateFile'],
  ['listen', 'tls', 'keyFile'],
  ['federation', 'tls', 'certificateFile'],
  ['federation', 'tls', 'keyFile'],
  ['federation', 'authoritiesFile'],
];

/** The tree with its relative paths made absolute: they are meant from the folder of the configuration file. */
export function resolvePaths(tree: Readonly<Record<string, unknown>>, folder: string): Record<string, unknown> {
  const secretFileKeys = secretKeys.map(([section, key]) => [section, `${key}File`]);
  return [...fileKeys, ...secretFileKeys].reduce<Record<string, unknown>>(
    (resolved, path) => resolveAt(resolved, path, folder),
    { ...tree },
  );
}

function resolveAt(
  tree: Record<string, unknown>,
  [key, ...rest]: readonly string[],
  folder: string,
): Record<string, unknown> {
  if (key === undefined || tree[key] === undefined) return tree;
  const value = tree[key];
  if (rest.length === 0) return { ...tree, [key]: Array.isArray(value) ? value.map(absolute) : absolute(value) };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return tree;
  return { ...tree, [key]: resolveAt({ ...value }, rest, folder) };

  function absolute(path: unknown): unknown {
    return typeof path === 'string' && path !== '' && !isAbsolute(path) ? resolve(folder, path) : path;
  }
}
