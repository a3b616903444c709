import { loadConfig, loadConfigText, type PlexusConfig } from '@plexus/config';
import { CliError } from './cli-error.ts';

/** Holds the text of the configuration where there is no file for it. */
const variable = 'PLEXUS_CONFIG';

/** A whole configuration from a file, else from the environment. @throws CliError with exit code 2 and a line an error. */
export const checkedConfig = (file: string | undefined): PlexusConfig => {
  const text = process.env[variable];
  if (file === undefined && text === undefined)
    throw new CliError(`--config: is missing, and so is the variable ${variable} that may hold the configuration`, 2);
  const loaded = file === undefined ? loadConfigText(text ?? '', variable) : loadConfig(file);
  if (loaded.kind === 'errors') throw new CliError(loaded.errors.join('\n'), 2);
  return loaded.config;
};
