import { CliError } from './cli-error.ts';

/** What the services say of an installation that does not belong together, as the sentence and exit code of a command; all else as it is. */
export const asCliError = async (error: unknown): Promise<unknown> => {
  const { InstallationError } = await import('@plexus/service');
  return error instanceof InstallationError
    ? new CliError(error.message, error.kind === 'configuration' ? 2 : 1)
    : error;
};
