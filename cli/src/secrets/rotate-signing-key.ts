import { chmodSync, chownSync, readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { readSigningKeys } from '@plexus/config';
import { parseSigningKey, type SigningKey } from '@plexus/matrix';
import { type Document, isCollection, parseDocument, stringify } from 'yaml';
import { CliError, messageOf } from '../cli-error.ts';
import type { DataFolder } from '../folder/data-folder.ts';
import { readKnownKeys, writeKnownKeys } from '../folder/known-keys.ts';
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

export interface RotationOptions {
  readonly random: (bytes: number) => Buffer;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** False: change nothing. */
  readonly write: boolean;
}

/** Whether a configuration says where the signing key is, as that of plexus run does. @throws CliError with exit code 2 */
export const namesSigningKey = (configFile: string): boolean =>
  typeof readDocument(configFile).get('signingKeyFile') === 'string';

/**
 * Puts a new signing key in the place of the old one, whose public half goes to `oldSigningKeys` of the configuration: first there, for it
 * is nowhere else once the file is replaced. The rest of the configuration stays as it is written, comments too.
 */
export const rotateSigningKey = (configFile: string, { random, now, write }: RotationOptions): RotatedKey => {
  const document = readDocument(configFile);
  const named = document.get('signingKeyFile');
  if (typeof named !== 'string') throw new CliError('signingKeyFile: is missing', 2);
  const file = resolve(dirname(configFile), named);
  const rotation = newKey(file, random, now);
  if (write) {
    const { entry } = rotation;
    if (isCollection(document.get('oldSigningKeys'))) document.addIn(['oldSigningKeys'], document.createNode(entry));
    else document.set('oldSigningKeys', document.createNode([entry]));
    const isJson = configFile.endsWith('.json');
    replaceFile(configFile, isJson ? `${JSON.stringify(document.toJS(), null, 2)}\n` : document.toString());
    replaceFile(file, rotation.content);
  }
  return rotation.rotated;
};

/** The same for a data folder of plexus up, which itself remembers its old keys. */
export const rotateKeyOfUp = (folder: DataFolder, { random, now, write }: RotationOptions): RotatedKey => {
  const rotation = newKey(folder.signingKey, random, now);
  const known = readKnownKeys(folder.knownKeys);
  const { keyId, publicKey } = rotation.entry;
  if (write) {
    // The old one first: cut short after this, or after the next step, the folder is in order.
    const old = [...known.old.filter((key) => key.keyId !== keyId), rotation.entry];
    writeKnownKeys(folder.knownKeys, { current: { keyId, publicKey }, old });
    replaceFile(folder.signingKey, rotation.content);
    writeKnownKeys(folder.knownKeys, { current: rotation.next, old });
  }
  return rotation.rotated;
};

const newKey = (file: string, random: RotationOptions['random'], now: number) => {
  const old = readSigningKey(file);
  const line = generateSecret('signing.key', random);
  const made = parseSigningKey(line);
  if (made === undefined) throw new CliError('the signing key could not be made');
  const entry = { keyId: old.keyId, publicKey: old.publicKey, expiredAt: now };
  // Further keys of the file stay: the first is the one that signs.
  const others = readText(file, 'signingKeyFile').trim().split('\n').slice(1);
  const rotated: RotatedKey = {
    keyId: made.keyId,
    oldKeyId: old.keyId,
    file,
    line,
    oldEntry: stringify({ oldSigningKeys: [entry] }),
  };
  return {
    entry,
    rotated,
    next: { keyId: made.keyId, publicKey: made.publicKey },
    content: [line.trim(), ...others, ''].join('\n'),
  };
};

const readDocument = (configFile: string): Document => {
  const document = parseDocument(readText(configFile, '--config'));
  if (document.errors.length > 0) throw new CliError(`--config ${configFile}: is not YAML`, 2);
  return document;
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
