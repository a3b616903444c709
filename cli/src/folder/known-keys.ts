import { existsSync, readFileSync } from 'node:fs';
import { CliError } from '../cli-error.ts';
import { writePrivateFile } from './private-file.ts';

interface PublicKey {
  readonly keyId: string;
  /** Unpadded base64. */
  readonly publicKey: string;
}

export interface OldKey extends PublicKey {
  /** Milliseconds since the epoch. */
  readonly expiredAt: number;
}

/** The public halves of the keys that a data folder has signed with: they outlive the loss of the key itself. */
export interface KnownKeys {
  /** Undefined before the first start. */
  readonly current: PublicKey | undefined;
  readonly old: readonly OldKey[];
}

export const readKnownKeys = (file: string): KnownKeys => {
  if (!existsSync(file)) return { current: undefined, old: [] };
  try {
    const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (isKnownKeys(parsed)) return parsed;
  } catch {
    // Said below: the file is written whole, so somebody has edited it.
  }
  throw new CliError(`${file} is damaged: restore it from a backup`);
};

export const writeKnownKeys = (file: string, keys: KnownKeys): void =>
  writePrivateFile(file, `${JSON.stringify(keys, null, 2)}\n`);

/** What the configuration publishes as old: a rotation that was cut short may list the key that is still in use. */
export const publishedAsOld = ({ current, old }: KnownKeys): OldKey[] =>
  old.filter(({ keyId }) => keyId !== current?.keyId);

const isKnownKeys = (value: unknown): value is KnownKeys =>
  typeof value === 'object' && value !== null && 'old' in value && Array.isArray(value.old);
