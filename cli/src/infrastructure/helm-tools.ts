import { join } from 'node:path';
import { CliError } from '../cli-error.ts';
import { findExecutables, run } from './executables.ts';
import { installTool, pipTool } from './tool-package.ts';

/** What the tests of the chart run; neither npm nor PyPI carries them. */
const goTools = [
  { command: 'helm', package: 'helm.sh/helm/v4/cmd/helm', version: 'v4.3.1' },
  { command: 'kube-score', package: 'github.com/zegl/kube-score/cmd/kube-score', version: 'v1.20.0' },
] as const;

const schemasVersion = '1.37.0';

export interface HelmTools {
  /** Folders with helm and kube-score. */
  readonly folders: readonly string[];
  /** Folder of the JSON schemas of Kubernetes, one folder a version. */
  readonly schemas: string;
}

/** helm and kube-score of this machine, else built into .plexus/tools (four minutes the first time), and the schemas of Kubernetes. */
export const findHelmTools = async (line: (text: string) => void): Promise<HelmTools> => {
  const wheel = await pipTool(`kubernetes-validate-${schemasVersion}`, 'kubernetes-validate', schemasVersion);
  const folders: string[] = [];
  for (const tool of goTools)
    if (findExecutables(tool.command).length === 0) {
      const build = (folder: string): Promise<void> => install(tool, folder, line);
      folders.push(await installTool(`${tool.command}-${tool.version}`, build));
    }
  return { folders, schemas: join(wheel, 'kubernetes_validate', 'kubernetes-json-schema') };
};

const install = async (
  { command, package: path, version }: (typeof goTools)[number],
  folder: string,
  line: (text: string) => void,
): Promise<void> => {
  const [go] = findExecutables('go', ['/usr/local/go/bin']);
  if (go === undefined)
    throw new CliError(
      `${command} is missing: install ${command} ${version}, or Go 1.25 or newer (https://go.dev/doc/install), with which it is built`,
    );
  line(`building ${command} ${version} (once)`);
  const env = { ...process.env, GOBIN: folder, CGO_ENABLED: '0', GOFLAGS: '-trimpath' };
  await run(go, ['install', '-ldflags', '-s -w', `${path}@${version}`], { cwd: folder, maxBuffer: 1 << 26, env });
};
