import { type PathNode, parameter, pathTrie } from './path-trie.ts';

/** The longest path value that an HTTPRoute takes. */
const maxLength = 1024;

/**
 * Regular expressions (RE2 and PCRE alike, anchored, without look-around) that match exactly these paths, parameters being one segment that is not
 * empty. As few as the length allows.
 */
export const pathExpressions = (paths: readonly string[]): string[] => {
  if (paths.length === 0) return [];
  const expressions = split(pathTrie(paths), '').map((expression) => `^${expression}$`);
  return expressions.toSorted();
};

const split = (node: PathNode, prefix: string): string[] => {
  const whole = `${prefix}${tail(node)}`;
  if (whole.length + 2 <= maxLength) return [whole];
  const parts = branches(node).flatMap(([heads, child]) => split(child, `${prefix}/${alternatives(heads)}`));
  return node.isEnd ? [prefix, ...parts] : parts;
};

/** What may follow a node: nothing, when a path ends there, or one of its branches. */
const tail = (node: PathNode): string => {
  const ways = branches(node).map(([heads, child]) => `/${alternatives(heads)}${tail(child)}`);
  if (ways.length === 0) return '';
  if (ways.length === 1 && !node.isEnd) return ways[0] ?? '';
  return `(?:${ways.join('|')})${node.isEnd ? '?' : ''}`;
};

/** Children, those with the same subtree together: v3 and r0 mostly have. */
const branches = (node: PathNode): [heads: string[], child: PathNode][] => {
  const groups = new Map<string, [string[], PathNode]>();
  for (const [head, child] of node.children) {
    const shape = `${head === parameter} ${child.isEnd} ${tail(child)}`;
    const group = groups.get(shape);
    if (group === undefined) groups.set(shape, [[head], child]);
    else group[0].push(head);
  }
  return [...groups.values()];
};

const alternatives = (heads: readonly string[]): string => {
  if (heads.includes(parameter)) return '[^/]+';
  const literals = heads.map((head) => head.replaceAll('.', '\\.')).toSorted();
  return literals.length === 1 ? (literals[0] ?? '') : `(?:${literals.join('|')})`;
};
