import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, messageOf } from '../cli-error.ts';
import { cacheFolder, toolsFolder } from './checkout.ts';
import { findExecutables, run } from './executables.ts';

/** Installs one npm package into a folder of its own under .plexus/tools, and answers the package's folder. */
export const npmTool = async (folderName: string, name: string, version: string): Promise<string> => {
  await installTool(folderName, async (folder) => {
    const npm = findExecutables('npm')[0];
    if (npm === undefined) throw new CliError(`npm is needed to install ${name}`);
    writeFileSync(join(folder, 'package.json'), '{"private":true}\n');
    const options = ['--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts', '--loglevel=error'];
    await run(npm, ['install', '--prefix', folder, ...options, `${name}@${version}`], {
      cwd: folder,
      env: { ...process.env, npm_config_cache: process.env['npm_config_cache'] ?? join(cacheFolder, 'npm') },
    });
  });
  return join(toolsFolder, folderName, 'node_modules', name);
};

/** Installs one wheel, and with `dependencies` what it needs, into a folder of its own under .plexus/tools, and answers that folder. */
export const pipTool = async (
  folderName: string,
  name: string,
  version: string,
  { dependencies = false }: { readonly dependencies?: boolean } = {},
): Promise<string> => {
  await installTool(folderName, async (folder) => {
    const python = findExecutables('python3')[0];
    if (python === undefined) throw new CliError(`python3 with pip is needed to install ${name}`);
    const options = ['--quiet', '--disable-pip-version-check', ...(dependencies ? [] : ['--no-deps'])];
    await run(python, ['-m', 'pip', 'install', ...options, '--target', folder, `${name}==${version}`], {
      cwd: folder,
      env: { ...process.env, PIP_CACHE_DIR: process.env['PIP_CACHE_DIR'] ?? join(cacheFolder, 'pip') },
    });
  });
  return join(toolsFolder, folderName);
};

/** Fills a folder under .plexus/tools and answers it; it appears under its name only when it is complete. */
export const installTool = async (folderName: string, fill: (folder: string) => Promise<void>): Promise<string> => {
  const folder = join(toolsFolder, folderName);
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.${process.pid}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  try {
    await fill(unfinished);
    renameSync(unfinished, folder);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (existsSync(folder)) return folder; // Another process installed it meanwhile.
    throw error instanceof CliError ? error : new CliError(messageOf(error));
  }
  return folder;
};
