import { readFileSync } from 'node:fs';
import { parseSigningKeys, type SigningKeys } from '@plexus/matrix';
import { fileProblem } from './file-problem.ts';

const wayOut = 'restore it from a backup, or for a new server make one with plexus keys generate';

/**
 * The keys of `signingKeyFile`; the first signs events.
 * @throws Error with a sentence for the operator that names the key of the configuration
 */
export function readSigningKeys(file: string): SigningKeys {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`signingKeyFile: ${fileProblem(file, error)}; ${wayOut}`, { cause: error });
  }
  const keys = parseSigningKeys(text);
  if (keys === undefined)
    throw new Error(`signingKeyFile: ${file} does not hold lines of the form "ed25519 VERSION SEED"; ${wayOut}`);
  return keys;
}
