import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file for `plexus up --config`, removed at the end. */
export async function configFile(config: object): Promise<{ path: string } & AsyncDisposable> {
  const directory = await mkdtemp(join(tmpdir(), 'plexus-e2e-config-'));
  const path = join(directory, 'plexus.json');
  await writeFile(path, JSON.stringify(config));
  return {
    path,
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}
