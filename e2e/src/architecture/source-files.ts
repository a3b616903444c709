import { globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export const root = new URL('../../../', import.meta.url).pathname;

export interface SourceFile {
  /** From the root of the checkout. */
  readonly path: string;
  readonly text: string;
}

/** The TypeScript files under these folders, but for generated ones. */
export function sourceFiles(...patterns: string[]): SourceFile[] {
  return patterns
    .flatMap((pattern) => globSync(pattern, { cwd: root }))
    .filter((path) => !path.includes('node_modules') && !path.startsWith('libs/contracts/src/gen'))
    .sort()
    .map((path) => ({ path: relative(root, join(root, path)), text: readFileSync(join(root, path), 'utf8') }));
}

/** What a file imports, as written. */
export function importsOf({ text }: SourceFile): string[] {
  return [
    ...text.matchAll(/^\s*(?:import|export)\b[^'";]*?from\s+'([^']+)'|^\s*import\s+'([^']+)'|\bimport\('([^']+)'\)/gm),
  ].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
}

export function isTest({ path }: SourceFile): boolean {
  return path.endsWith('.test.ts');
}
