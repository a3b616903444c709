import { describe, expect, it } from 'vitest';
import { cyclesOf, importGraph } from './import-graph.ts';
import { isTest, sourceFiles } from './source-files.ts';

const graph = importGraph(
  sourceFiles('{libs,services}/*/{src,test}/**/*.ts', '{cli,e2e,bench,helm,deploy/monitoring}/src/**/*.ts').filter(
    (file) => !isTest(file),
  ),
);

describe('imports, those of types included', () => {
  it('run in no circle', () => {
    expect(graph.size).toBeGreaterThan(500);
    expect(cyclesOf(graph)).toEqual([]);
  });

  it('are seen when they do', () => {
    const circle = new Map([
      ['a', ['b']],
      ['b', ['c', 'd']],
      ['c', ['a']],
      ['d', []],
      ['e', ['a']],
    ]);
    expect(cyclesOf(circle)).toEqual([['a', 'b', 'c']]);
  });
});
