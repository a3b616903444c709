import { loadConfig, type PlexusConfig } from '@plexus/config';
import { CliError } from './cli-error.ts';

/** A whole configuration from a file. @throws CliError with exit code 2 and a line an error. */
export const checkedConfig = (file: string): PlexusConfig => {
  const loaded = loadConfig(file);
  if (loaded.kind === 'errors') throw new CliError(loaded.errors.join('\n'), 2);
  return loaded.config;
};
