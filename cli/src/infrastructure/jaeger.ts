import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from '../cli-error.ts';
import { findExecutables, run } from './executables.ts';
import { installTool } from './tool-package.ts';

const module = 'github.com/jaegertracing/jaeger';
const version = 'v1.76.0';

/** Jaeger 2 has no package; its own module's `replace` line is lost when it is required, so it is here once more. */
const goMod = `module plexus.local/jaeger

go 1.25.0

require ${module} ${version}

replace github.com/Shopify/sarama => github.com/Shopify/sarama v1.33.0
`;
const importer = `//go:build tools

package tools

import _ "${module}/cmd/jaeger"
`;

/**
 * A Jaeger 2 (a collector with tail sampling, a store in memory and a query API) of this machine, else one built into .plexus/tools:
 * three minutes the first time.
 */
export const findJaeger = async (line: (text: string) => void): Promise<string> => {
  const [installed] = findExecutables('jaeger');
  if (installed !== undefined) return installed;
  const home = await installTool(`jaeger-${version}`, (folder) => build(folder, line));
  return join(home, 'jaeger');
};

const build = async (folder: string, line: (text: string) => void): Promise<void> => {
  const [go] = findExecutables('go', ['/usr/local/go/bin']);
  if (go === undefined)
    throw new CliError(
      'jaeger is missing: put Jaeger 2 on PATH, or install Go 1.25 or newer (https://go.dev/doc/install), with which it is built',
    );
  line('building Jaeger 2 (once, about three minutes)');
  writeFileSync(join(folder, 'go.mod'), goMod);
  writeFileSync(join(folder, 'tools.go'), importer);
  const options = { cwd: folder, maxBuffer: 1 << 26, env: { ...process.env, GOFLAGS: '-mod=mod', CGO_ENABLED: '0' } };
  const { stdout } = await run(go, ['mod', 'download', '-json', `${module}@${version}`], options);
  // Without its sums the look-up fails for some of what it requires.
  writeFileSync(join(folder, 'go.sum'), sumsOf(stdout));
  await run(go, ['build', '-trimpath', '-ldflags', '-s -w', '-o', 'jaeger', `${module}/cmd/jaeger`], options);
  if (!existsSync(join(folder, 'jaeger'))) throw new CliError('jaeger was built and is not there');
};

/** The go.sum of a module in Go's cache, by what `go mod download -json` says of it. */
const sumsOf = (download: string): string => {
  const parsed: unknown = JSON.parse(download);
  const home = typeof parsed === 'object' && parsed !== null && 'Dir' in parsed ? parsed.Dir : undefined;
  return typeof home === 'string' ? readFileSync(join(home, 'go.sum'), 'utf8') : '';
};
