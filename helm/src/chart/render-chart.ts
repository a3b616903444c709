import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse, parseAllDocuments } from 'yaml';
import { chartFolder } from './generated-files.ts';
import { isTree, type Tree } from './kubernetes-object.ts';

const run = promisify(execFile);
const releaseName = 'chat';

/** Values files that the chart must take, and those that it must refuse, each with the sentence that says why. */
export const goodValues = (): string[] => globSync('ci/*-values.yaml', { cwd: chartFolder }).toSorted();
export const wrongValues = (): { file: string; sentence: string }[] =>
  globSync('ci/wrong/*.yaml', { cwd: chartFolder })
    .toSorted()
    .map((file) => {
      const sentence = /^# refused: (.+)$/m.exec(readFileSync(join(chartFolder, file), 'utf8'))?.[1];
      if (sentence === undefined) throw new Error(`${file} does not say what it is refused with`);
      return { file, sentence };
    });

/** A values file of the chart, as it is written. */
export const valuesIn = (file: string): unknown => parse(readFileSync(join(chartFolder, file), 'utf8'));

/** What helm makes of a values file of the chart, as text. Rejects with what helm says. */
export const renderText = async (valuesFile: string): Promise<string> => {
  const args = ['template', releaseName, '.', '--namespace', 'chat', '--values', valuesFile];
  const { stdout } = await run('helm', args, { cwd: chartFolder, maxBuffer: 1 << 26 });
  return stdout;
};

/** @throws Error naming the first document that is not YAML. */
export const objectsIn = (text: string): Tree[] =>
  parseAllDocuments(text).flatMap((document) => {
    if (document.errors[0] !== undefined) throw new Error(document.errors[0].message);
    const value: unknown = document.toJS();
    return isTree(value) ? [value] : [];
  });

/** Runs helm on the chart, for its other commands. */
export const helm = (...args: readonly string[]): Promise<{ stdout: string }> =>
  run('helm', args, { cwd: chartFolder });
