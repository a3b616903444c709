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
  const { generateSecret } = await import('../secrets/generate-secret.ts');
  writePrivateFile(file, generateSecret('signing.key', random));
  return true;
};
