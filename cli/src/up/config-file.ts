import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { resolvePaths } from '@plexus/config/file-keys';
import { CliError, messageOf } from '../cli-error.ts';

/** A configuration file in YAML (of which JSON is a part), relative paths in it meant from its folder. @throws CliError with exit code 2. */
export const readConfigFile = async (file: string): Promise<Record<string, unknown>> => {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError(`--config ${file}: ${messageOf(error)}`, 2);
  }
  return resolvePaths(await parseConfigText(content, file), dirname(resolve(file)));
};

/** The parser is loaded only when there is a file to parse. */
export const parseConfigText = async (content: string, file: string): Promise<Record<string, unknown>> => {
  const { parse } = await import('yaml');
  let parsed: unknown;
  try {
    parsed = parse(content) ?? {};
  } catch (error) {
    // The first line says where; what follows quotes the file, which may hold secrets.
    throw new CliError(`--config ${file}: ${messageOf(error).split(';', 1)[0]}`, 2);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new CliError(`--config ${file}: must hold keys and values`, 2);
  return { ...parsed };
};
