import { expect, test } from 'vitest';
import { configurationSchema } from './configuration-schema.ts';
import { fileKeys } from './file-keys.ts';

interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
}

function paths(node: Node, above: readonly string[] = []): string[][] {
  return Object.entries(node.properties ?? {}).flatMap(([key, below]) => [
    [...above, key],
    ...paths(below, [...above, key]),
  ]);
}

test('every key that names a file or a folder is known as such, so that its path is resolved and it is looked at', () => {
  const named = paths(configurationSchema()).filter((path) => /(?:File|directory)$/i.test(path.at(-1) ?? ''));
  expect(named.length).toBeGreaterThan(5);
  for (const path of named) expect(fileKeys).toContainEqual(path);
});
