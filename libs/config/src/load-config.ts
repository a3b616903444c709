import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { resolvePaths } from './file-keys.ts';
import { fileProblem } from './file-problem.ts';
import { type ParsedConfig, parseConfig } from './parse-config.ts';

/** Reads and checks a configuration file in YAML or JSON (which is YAML too). Relative paths in it are meant from its folder. */
export function loadConfig(path: string): ParsedConfig {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return { kind: 'errors', errors: [`configuration: ${fileProblem(path, error)}`] };
  }
  return loadConfigText(text, `the file ${path}`, dirname(resolve(path)));
}

/** As loadConfig, of a text. `source` names it in errors; relative paths are meant from the folder, the working directory when it is absent. */
export function loadConfigText(text: string, source: string, folder: string = process.cwd()): ParsedConfig {
  let tree: unknown;
  try {
    tree = parse(text);
  } catch (error) {
    // The parser's first line says where; what follows quotes the file, which may hold secrets.
    const message = error instanceof Error ? error.message.split('\n', 1)[0] : 'unknown error';
    return { kind: 'errors', errors: [`configuration: ${source} is not YAML: ${message}`] };
  }
  return parseConfig(isTree(tree) ? resolvePaths(tree, folder) : (tree ?? {}));
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
