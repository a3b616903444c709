import { readFileSync } from 'node:fs';
import { fileProblem } from './file-problem.ts';

/** Keys that may be given as a file that holds the value, as containers mount secrets. */
export const secretKeys: readonly (readonly [section: string, key: string])[] = [
  ['postgres', 'url'],
  ['postgres', 'user'],
  ['postgres', 'password'],
  ['nats', 'token'],
  ['nats', 'user'],
  ['nats', 'password'],
  ['redis', 'url'],
  ['redis', 'user'],
  ['redis', 'password'],
  ['rpc', 'token'],
  ['registration', 'sharedSecret'],
  ['turn', 'sharedSecret'],
  ['turn', 'password'],
];

/** Replaces every `<key>File` by the trimmed content of its file; what is wrong goes to `errors`, a sentence each. */
export function readSecretFiles(tree: Readonly<Record<string, unknown>>, errors: string[]): Record<string, unknown> {
  const result: Record<string, unknown> = { ...tree };
  for (const [section, key] of secretKeys) {
    const keys = result[section];
    if (typeof keys !== 'object' || keys === null || Array.isArray(keys)) continue;
    const { [`${key}File`]: file, ...others }: Record<string, unknown> = { ...keys };
    if (file === undefined) continue;
    const name = `${section}.${key}File`;
    if (others[key] !== undefined) errors.push(`${name}: must not be given together with ${section}.${key}`);
    else if (typeof file !== 'string') errors.push(`${name}: must be the path of a file`);
    else others[key] = readSecret(file, name, errors);
    result[section] = others;
  }
  return result;
}

/** The secret; when the file cannot be read an error, and a value that makes no second error. */
function readSecret(file: string, name: string, errors: string[]): string | undefined {
  try {
    const secret = readFileSync(file, 'utf8').trim();
    if (secret === '') errors.push(`${name}: the file ${file} is empty`);
    return secret;
  } catch (error) {
    errors.push(`${name}: ${fileProblem(file, error)}`);
    return undefined;
  }
}
