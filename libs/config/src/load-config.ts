import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { type ParsedConfig, parseConfig } from './parse-config.ts';

/** Reads and checks a configuration file in YAML or JSON (which is YAML too). Relative paths in it are meant from the working directory. */
export function loadConfig(path: string): ParsedConfig {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return { kind: 'errors', errors: [`configuration: the file ${path} cannot be read (${code})`] };
  }
  return loadConfigText(text, `the file ${path}`);
}

/** As loadConfig, of a text. `source` names it in errors. */
export function loadConfigText(text: string, source: string): ParsedConfig {
  let tree: unknown;
  try {
    tree = parse(text);
  } catch (error) {
    // The parser's first line says where; what follows quotes the file, which may hold secrets.
    const message = error instanceof Error ? error.message.split('\n', 1)[0] : 'unknown error';
    return { kind: 'errors', errors: [`configuration: ${source} is not YAML: ${message}`] };
  }
  return parseConfig(tree ?? {});
}
