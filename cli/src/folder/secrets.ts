import { existsSync, readFileSync } from 'node:fs';
import { CliError } from '../cli-error.ts';
import { writePrivateFile } from './private-file.ts';

const names = ['postgresPassword', 'natsToken', 'redisPassword', 'rpcToken'] as const;
/** What the servers of one data folder ask of whoever connects. */
export type Secrets = Readonly<Record<(typeof names)[number], string>>;

/** The secrets of a data folder; those that are missing are made. */
export const loadSecrets = (file: string, random: (bytes: number) => Buffer): Secrets => {
  const stored = existsSync(file) ? parseSecrets(readFileSync(file, 'utf8'), file) : {};
  const fresh = (): string => random(24).toString('hex');
  const secrets: Secrets = {
    postgresPassword: stored.postgresPassword ?? fresh(),
    natsToken: stored.natsToken ?? fresh(),
    redisPassword: stored.redisPassword ?? fresh(),
    rpcToken: stored.rpcToken ?? fresh(),
  };
  if (names.some((name) => stored[name] === undefined)) writePrivateFile(file, `${JSON.stringify(secrets, null, 2)}\n`);
  return secrets;
};

const parseSecrets = (content: string, file: string): Partial<Secrets> => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(content);
  } catch {
    throw new CliError(`${file} is not JSON`, 2);
  }
  if (typeof parsed !== 'object' || parsed === null) throw new CliError(`${file} is not a JSON object`, 2);
  const entries = Object.entries(parsed);
  const wrong = entries.find(([, value]) => typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value));
  if (wrong !== undefined) throw new CliError(`${file}: ${wrong[0]} must be a string of printable characters`, 2);
  return Object.fromEntries(entries);
};
