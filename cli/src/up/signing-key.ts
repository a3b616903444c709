import { existsSync, readFileSync } from 'node:fs';
import { CliError } from '../cli-error.ts';
import { writePrivateFile } from '../folder/private-file.ts';

/** Makes the server's Ed25519 key when there is none, in the line that Synapse and Dendrite keep theirs in. True when it was made. */
export const makeSigningKey = async (file: string, random: (bytes: number) => Buffer): Promise<boolean> => {
  const matrix = await import('@plexus/matrix');
  if (existsSync(file)) {
    if (matrix.parseSigningKey(readFileSync(file, 'utf8')) === undefined)
      throw new CliError(`signingKeyFile: ${file} is not a line of the form "ed25519 VERSION SEED"`, 2);
    return false;
  }
  const key = matrix.signingKeyFromSeed(`a_${random(2).toString('hex')}`, random(32));
  if (key === undefined) throw new CliError('the signing key could not be made');
  writePrivateFile(file, matrix.formatSigningKey(key));
  return true;
};
