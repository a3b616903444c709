import { readFile } from 'node:fs/promises';
import type { ServerName } from '@plexus/matrix';
import { parse } from 'yaml';
import { clashes, parseRegistration, type Registration } from './domain/registration.ts';

/** A registration file that cannot be used; the message names the file, the key and what is wrong. */
export class RegistrationError extends Error {
  override readonly name = 'RegistrationError';
}

/** Reads the registration files of the configuration. @throws RegistrationError with all problems of all files. */
export async function loadRegistrations(files: readonly string[], serverName: ServerName): Promise<Registration[]> {
  const problems: string[] = [];
  const registrations: Registration[] = [];
  for (const path of files) {
    const content = await readYaml(path);
    const result = 'problem' in content ? { errors: [content.problem] } : parseRegistration(content.value, serverName);
    if ('errors' in result) problems.push(...result.errors.map((error) => `${path}: ${error}`));
    else registrations.push(result.registration);
  }
  problems.push(...clashes(registrations));
  if (problems.length > 0) throw new RegistrationError(problems.join('\n'));
  return registrations;
}

async function readYaml(path: string): Promise<{ value: unknown } | { problem: string }> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    return {
      problem: `cannot be read (${error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'})`,
    };
  }
  try {
    return { value: parse(text) };
  } catch {
    return { problem: 'is not YAML' };
  }
}
