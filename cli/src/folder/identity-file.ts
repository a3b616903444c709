import { existsSync, readFileSync } from 'node:fs';
import { CliError } from '../cli-error.ts';
import { writePrivateFile } from './private-file.ts';

/**
 * The server name of a data folder, settled at its first start: it is part of every user id and event in the database.
 * @param asked what the command line or the configuration says, if anything.
 * @throws CliError when the folder belongs to another name.
 */
export const settleServerName = (file: string, asked: string | undefined): string => {
  const settled = existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
  if (settled !== undefined && asked !== undefined && asked !== settled)
    throw new CliError(
      `serverName: this data folder belongs to ${settled}; the name cannot be changed, so use another folder for ${asked}`,
      2,
    );
  return settled ?? asked ?? 'localhost';
};

export const keepServerName = (file: string, serverName: string): void => {
  if (!existsSync(file)) writePrivateFile(file, `${serverName}\n`);
};
