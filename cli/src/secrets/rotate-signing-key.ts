import { chmodSync, chownSync, readFileSync, statSync } from 'node:fs';
import { readSigningKeys } from '@plexus/config';
import { parseSigningKey, type SigningKey } from '@plexus/matrix';
import { isCollection, parseDocument, stringify } from 'yaml';
import { CliError, messageOf } from '../cli-error.ts';
import { writePrivateFile } from '../folder/private-file.ts';
import { generateSecret } from './generate-secret.ts';

export interface RotatedKey {
  readonly keyId: string;
  readonly oldKeyId: string;
  readonly file: string;
  /** The new key. Secret. */
  readonly line: string;
  /** What the configuration has to say of the old one, in YAML. */
  readonly oldEntry: string;
}

/**
 * Puts a new signing key in the place of the old one, whose public half goes to `oldSigningKeys` of the configuration: first there, for it
 * is nowhere else once the file is replaced. The rest of the configuration stays as it is written, comments too.
 * @param usualFile where the key is when the configuration does not say it
 */
export const rotateSigningKey = (
  configFile: string,
  usualFile: string,
  { random, now, write }: { random: (bytes: number) => Buffer; now: number; write: boolean },
): RotatedKey => {
  const document = parseDocument(readText(configFile, '--config'));
  if (document.errors.length > 0) throw new CliError(`--config ${configFile}: is not YAML`, 2);
  const named = document.get('signingKeyFile');
  const file = typeof named === 'string' ? named : usualFile;
  const old = readSigningKey(file);
  const line = generateSecret('signing.key', random);
  const entry = { keyId: old.keyId, publicKey: old.publicKey, expiredAt: now };
  const oldEntry = stringify({ oldSigningKeys: [entry] });
  const keyId = parseSigningKey(line)?.keyId ?? '';
  if (write) {
    if (isCollection(document.get('oldSigningKeys'))) document.addIn(['oldSigningKeys'], document.createNode(entry));
    else document.set('oldSigningKeys', document.createNode([entry]));
    const isJson = configFile.endsWith('.json');
    replaceFile(configFile, isJson ? `${JSON.stringify(document.toJS(), null, 2)}\n` : document.toString());
    replaceFile(file, line);
  }
  return { keyId, oldKeyId: old.keyId, file, line, oldEntry };
};

/** @throws CliError with exit code 2 */
export const readSigningKey = (file: string): SigningKey => {
  try {
    return readSigningKeys(file)[0];
  } catch (error) {
    throw new CliError(messageOf(error), 2);
  }
};

const readText = (file: string, name: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError(`${name}: ${messageOf(error)}`, 2);
  }
};

/** Its owner and mode may be those of the services, not of who rotates. */
const replaceFile = (file: string, content: string): void => {
  const { mode, uid, gid } = statSync(file);
  writePrivateFile(file, content);
  chmodSync(file, mode & 0o777);
  if (process.getuid?.() === 0) chownSync(file, uid, gid);
};
