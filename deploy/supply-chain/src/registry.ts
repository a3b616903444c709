import type { Packages } from './advisories.ts';

const path = '/-/npm/v1/security/advisories/bulk';
const timeoutMs = 60_000;

/** Nobody could be asked: nothing is known of the packages, which is not the same as that nothing is wrong with them. */
export class NotAskedError extends Error {
  override readonly name = 'NotAskedError';
}

/** Asks a registry of npm for the advisories on these packages. @throws NotAskedError when it does not answer such questions */
export const askRegistry = async (registry: string, packages: Packages): Promise<unknown> => {
  const body = JSON.stringify(Object.fromEntries(packages));
  const url = `${registry.replace(/\/+$/, '')}${path}`;
  let answer: Response;
  try {
    const headers = { 'content-type': 'application/json' };
    answer = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(timeoutMs) });
  } catch (error) {
    throw new NotAskedError(
      `the registry cannot be reached: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (!answer.ok) throw new NotAskedError(`the registry does not answer questions about advisories (${answer.status})`);
  return answer.json();
};
