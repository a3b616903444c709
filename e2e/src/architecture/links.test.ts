import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './source-files.ts';

describe('the documents', () => {
  it('name only files that are there', () => {
    const documents = globSync('{*.md,docs/**/*.md,libs/*/*.md,proto/**/*.md}', { cwd: root }).filter(
      (path) => !path.includes('node_modules'),
    );
    expect(documents.length).toBeGreaterThan(5);
    const broken = documents.flatMap((path) =>
      [...readFileSync(join(root, path), 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)]
        .map((match) => match[1] ?? '')
        .filter((target) => !existsSync(join(root, dirname(path), target)))
        .map((target) => `${path}: ${target}`),
    );
    expect(broken).toEqual([]);
  });
});
