import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { chartFolder, copyPatterns, generatedFiles } from './chart/generated-files.ts';

/** Writes the files of the chart that are made from others. */
const files = generatedFiles();
for (const path of copyPatterns.flatMap((pattern) => globSync(pattern, { cwd: chartFolder })))
  if (!files.has(path)) rmSync(join(chartFolder, path));
for (const [path, content] of files) {
  mkdirSync(dirname(join(chartFolder, path)), { recursive: true });
  writeFileSync(join(chartFolder, path), content);
}
console.log(`${files.size} files made`);
