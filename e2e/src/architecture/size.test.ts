import { describe, expect, it } from 'vitest';
import { isTest, type SourceFile, sourceFiles } from './source-files.ts';

const all = sourceFiles(
  'libs/*/src/**/*.ts',
  'services/*/src/**/*.ts',
  'cli/src/**/*.ts',
  'bench/src/**/*.ts',
  'e2e/src/**/*.ts',
);
const lines = (file: SourceFile) => file.text.split('\n').length - 1;

describe('files stay short', () => {
  it('no file over 400 lines, no test over 600', () => {
    const long = all
      .filter((file) => lines(file) > (isTest(file) ? 600 : 400))
      .map((file) => `${file.path}: ${lines(file)}`);
    expect(long).toEqual([]);
  });

  it('half of them under 80 lines, nine of ten under 220', () => {
    const sizes = all
      .filter((file) => !isTest(file))
      .map(lines)
      .sort((a, b) => a - b);
    expect(sizes[Math.floor(sizes.length / 2)]).toBeLessThan(80);
    expect(sizes[Math.floor(sizes.length * 0.9)]).toBeLessThan(220);
  });

  it('nothing silences the type checker or the linters', () => {
    const silencers =
      /@ts-ignore|@ts-expect-error|@ts-nocheck|biome-ignore|oxlint-disable|eslint-disable|\bas unknown as\b/;
    const found = all.filter((file) => !file.path.startsWith('e2e/src/architecture') && silencers.test(file.text));
    expect(found.map((file) => file.path)).toEqual([]);
  });

  it('no test is skipped or focused', () => {
    const found = all.filter(
      (file) => isTest(file) && /\b(?:it|test|describe)\.(?:skip|only|todo|skipIf|runIf)\b/.test(file.text),
    );
    expect(found.map((file) => file.path)).toEqual([]);
  });
});
