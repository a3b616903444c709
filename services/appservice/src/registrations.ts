import { readFile } from 'node:fs/promises';
import { fileProblem } from '@plexus/config';
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
  for (const [index, path] of files.entries()) {
    const content = await readYaml(path);
    const result =
      'problem' in content ? { errors: [content.problem] } : inFile(path, parseRegistration(content.value, serverName));
    if ('errors' in result) problems.push(...result.errors.map((error) => `appservices[${index}]: ${error}`));
    else registrations.push(result.registration);
  }
  problems.push(...clashes(registrations).map((clash) => `appservices: ${clash}`));
  if (problems.length > 0) throw new RegistrationError(problems.join('\n'));
  return registrations;
}

function inFile(path: string, result: ReturnType<typeof parseRegistration>): ReturnType<typeof parseRegistration> {
  return 'errors' in result ? { errors: result.errors.map((error) => `${path}: ${error}`) } : result;
}

async function readYaml(path: string): Promise<{ value: unknown } | { problem: string }> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    return { problem: fileProblem(path, error) };
  }
  try {
    return { value: parse(text) };
  } catch {
    return { problem: `the file ${path} is not YAML` };
  }
}
