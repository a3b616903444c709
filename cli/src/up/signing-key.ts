import { existsSync } from 'node:fs';
import { readSigningKeys } from '@plexus/config';
import { CliError, messageOf } from '../cli-error.ts';
import { type KnownKeys, readKnownKeys, writeKnownKeys } from '../folder/known-keys.ts';
import { writePrivateFile } from '../folder/private-file.ts';

export interface SigningKeyRequest {
  readonly file: string;
  /** Holds what is known of the keys of this data folder. */
  readonly knownKeysFile: string;
  /** The data folder has served before: its key is known to other servers. */
  readonly isInUse: boolean;
  /** Begin with a new key where the one that other servers know is lost. */
  readonly beginAnew: boolean;
  readonly random: (bytes: number) => Buffer;
  readonly now: number;
}

const wayOut =
  'restore it from a backup (secrets-…/signing.key), or, if it is lost for good, start once with --new-signing-key: the server keeps its name and signs with a new key';

/**
 * The server's Ed25519 key, made at the first start in the line that Synapse and Dendrite keep theirs in. A key that other servers know is never
 * replaced in silence.
 * @throws CliError with exit code 2 when it is missing, or another one is in its place
 */
export const prepareSigningKey = async (request: SigningKeyRequest): Promise<'found' | 'made'> => {
  const { file, knownKeysFile, isInUse, beginAnew } = request;
  const known = readKnownKeys(knownKeysFile);
  if (existsSync(file)) {
    noteKey(request, known);
    return 'found';
  }
  if ((isInUse || known.current !== undefined) && !beginAnew)
    throw new CliError(`signingKeyFile: ${file} is missing, and this data folder has signed with it; ${wayOut}`, 2);
  const { generateSecret } = await import('../secrets/generate-secret.ts');
  writePrivateFile(file, generateSecret('signing.key', request.random));
  noteKey(request, known);
  return 'made';
};

const noteKey = ({ file, knownKeysFile, beginAnew, now }: SigningKeyRequest, known: KnownKeys): void => {
  const { keyId, publicKey } = currentKey(file);
  const { current, old } = known;
  if (current?.keyId === keyId && current.publicKey === publicKey) return;
  const isReplaced = current !== undefined && !old.some((key) => key.keyId === current.keyId);
  if (isReplaced && !beginAnew)
    throw new CliError(
      `signingKeyFile: ${file} holds ${keyId}, but this data folder has signed with ${current.keyId}; ${wayOut}`,
      2,
    );
  writeKnownKeys(knownKeysFile, {
    current: { keyId, publicKey },
    old: isReplaced ? [...old, { ...current, expiredAt: now }] : old,
  });
};

const currentKey = (file: string): ReturnType<typeof readSigningKeys>[0] => {
  try {
    return readSigningKeys(file)[0];
  } catch (error) {
    throw new CliError(messageOf(error), 2);
  }
};
