import { globSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './source-files.ts';

describe('migrations', () => {
  it('have numbers of their own in each schema, without a gap', () => {
    const files = globSync('{services,libs}/*/src/**/migrations/*.sql', { cwd: root });
    expect(files.length).toBeGreaterThan(10);
    const wrong = [...Map.groupBy(files, (path) => dirname(path))].flatMap(([folder, paths]) => {
      const numbers = paths.map((path) => Number(basename(path).slice(0, 4))).sort((a, b) => a - b);
      const expected = numbers.map((_, index) => index + 1);
      return numbers.join() === expected.join() ? [] : [`${folder}: ${numbers.join(', ')}`];
    });
    expect(wrong).toEqual([]);
  });
});
