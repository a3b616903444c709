import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chartFolder, copyPatterns, generatedFiles } from './generated-files.ts';

const files = generatedFiles();

test.each([...files.keys()])('%s is what is made from its source; run node helm/src/generate.ts', (path) => {
  const file = join(chartFolder, path);
  expect(existsSync(file) && readFileSync(file, 'utf8')).toBe(files.get(path));
});

test('no copy stays when its source is gone', () => {
  const copies = copyPatterns.flatMap((pattern) => globSync(pattern, { cwd: chartFolder }));
  expect(copies.filter((path) => !files.has(path))).toEqual([]);
});
