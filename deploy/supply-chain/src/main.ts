import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { parse } from 'yaml';
import { advisoriesIn, allowedIn, packagesIn, problemsOf } from './advisories.ts';
import { askRegistry, NotAskedError } from './registry.ts';

/*
 * Fails (1) when an advisory on a package of the product is known and not allowed by advisories.yaml, and (2) when nobody could be asked.
 *   node deploy/supply-chain/src/main.ts --sbom FILE [--registry URL] [--save FILE]    asks, and keeps the answer
 *   node deploy/supply-chain/src/main.ts --sbom FILE --answer FILE                     judges an answer that was kept, without a network
 */
const { values } = parseArgs({
  options: {
    sbom: { type: 'string' },
    registry: { type: 'string' },
    save: { type: 'string' },
    answer: { type: 'string' },
    allowed: { type: 'string', default: join(import.meta.dirname, '..', 'advisories.yaml') },
  },
});

const readJson = async (file: string): Promise<unknown> => JSON.parse(await readFile(file, 'utf8'));

const registryOfNpm = async (): Promise<string> => {
  const { stdout } = await promisify(execFile)('npm', ['config', 'get', 'registry']);
  return stdout.trim();
};

const run = async (): Promise<number> => {
  if (values.sbom === undefined)
    throw new Error('--sbom: is missing; docs/operators/supply-chain.md says how it is made');
  const packages = packagesIn(await readJson(values.sbom));
  if (packages.size === 0) throw new Error(`--sbom: ${values.sbom} names no package`);
  const answer =
    values.answer === undefined
      ? await askRegistry(values.registry ?? (await registryOfNpm()), packages)
      : await readJson(values.answer);
  if (values.save !== undefined) await writeFile(values.save, JSON.stringify(answer, null, 2));
  const allowed = allowedIn(parse(await readFile(values.allowed, 'utf8')));
  const problems = problemsOf(advisoriesIn(answer), allowed, new Date().toISOString().slice(0, 10));
  for (const problem of problems) console.error(problem);
  console.log(`${packages.size} packages, ${problems.length} problems, ${allowed.length} advisories allowed`);
  return problems.length === 0 ? 0 : 1;
};

try {
  process.exitCode = await run();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  if (error instanceof NotAskedError)
    console.error('Run this where a registry answers, with --save FILE, and bring the file here: --answer FILE.');
  process.exitCode = 2;
}
