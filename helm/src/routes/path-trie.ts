/** A tree of path segments; a parameter of a path is the segment `{}`. */
export interface PathNode {
  readonly children: ReadonlyMap<string, PathNode>;
  /** A path ends here. */
  readonly isEnd: boolean;
}

export const parameter = '{}';

export const segmentsOf = (path: string): string[] =>
  path
    .slice(1)
    .split('/')
    .map((segment) => (/^\{\w+\}$/.test(segment) ? parameter : segment));

/** The tree of paths as libs/routes writes them, `/a/{b}/c`. */
export const pathTrie = (paths: readonly string[]): PathNode => trieOf(paths.map(segmentsOf));

const trieOf = (paths: readonly (readonly string[])[]): PathNode => {
  const tails = new Map<string, (readonly string[])[]>();
  for (const [head, ...tail] of paths) if (head !== undefined) tails.set(head, [...(tails.get(head) ?? []), tail]);
  return {
    children: new Map([...tails].map(([head, rest]) => [head, trieOf(rest)])),
    isEnd: paths.some((path) => path.length === 0),
  };
};
