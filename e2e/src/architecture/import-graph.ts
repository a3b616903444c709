import { dirname, normalize } from 'node:path';
import { importsOf, type SourceFile } from './source-files.ts';

/** What each file imports of the others, types included. */
export function importGraph(files: readonly SourceFile[]): Map<string, readonly string[]> {
  const known = new Set(files.map(({ path }) => path));
  return new Map(
    files.map((file) => [
      file.path,
      importsOf(file)
        .filter((imported) => imported.startsWith('.'))
        .map((imported) => normalize(`${dirname(file.path)}/${imported}`))
        .filter((path) => known.has(path)),
    ]),
  );
}

/** Groups of nodes that reach one another: the strongly connected components of more than one node (Tarjan). */
export function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const cycles: string[][] = [];
  const visit = (node: string): number => {
    order.set(node, order.size);
    let low = order.size - 1;
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!order.has(next)) low = Math.min(low, visit(next));
      else if (stack.includes(next)) low = Math.min(low, order.get(next) ?? low);
    }
    lowest.set(node, low);
    if (low === order.get(node)) {
      const component = stack.splice(stack.indexOf(node));
      if (component.length > 1) cycles.push(component.sort());
    }
    return low;
  };
  for (const node of graph.keys()) if (!order.has(node)) visit(node);
  return cycles;
}
