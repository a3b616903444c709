import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Answer, at, listAt, send } from '../stack/http-client.ts';
import { checkout } from '../stack/stack.ts';

/** A real Prometheus with the rules that are shipped. */
export interface Prometheus {
  readonly url: string;
  /** The query API's answer. @param time seconds since the epoch; now when absent */
  query(expression: string): Promise<Answer>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** @param targets metrics URLs by process; scraped every second as `app="plexus"`, `job` the process. */
export async function startPrometheus(targets: Readonly<Record<string, string>>): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'plexus-e2e-prometheus-'));
  const config = join(folder, 'prometheus.yml');
  await writeFile(config, JSON.stringify(configuration(targets)));
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    '--web.listen-address=127.0.0.1:0',
  ];
  const child = spawn('prometheus', [...args, '--log.level=info'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const url = await listening(child);
  return {
    url,
    query: (expression) => send(url, 'GET', `/api/v1/query?query=${encodeURIComponent(expression)}`),
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      if (child.exitCode === null && child.kill('SIGKILL')) await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Prometheus reads YAML, and JSON is YAML. */
function configuration(targets: Readonly<Record<string, string>>): object {
  return {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [join(checkout, 'deploy/prometheus/*.yaml')],
    scrape_configs: Object.entries(targets).map(([job, target]) => ({
      job_name: job,
      static_configs: [{ targets: [new URL(target).host], labels: { app: 'plexus' } }],
    })),
  };
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines: string[] = [];
    const fail = (why: string) => reject(new Error(`prometheus ${why}:\n${lines.slice(-20).join('\n')}`));
    child.once('error', (error) => fail(`cannot be run (apt-get install prometheus): ${error.message}`));
    child.once('exit', (code) => fail(`ended with ${code}`));
    if (child.stderr === null) return;
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line);
      const address = /msg="Listening on" address=(\S+)/.exec(line)?.[1];
      if (address !== undefined) resolve(`http://${address}`);
    });
  });
}

/** What is wrong with rules that Prometheus has evaluated: none is. */
export async function ruleProblems({ url }: Prometheus): Promise<string[]> {
  const groups = listAt((await send(url, 'GET', '/api/v1/rules')).json, 'data', 'groups');
  return groups
    .flatMap((group) => listAt(group, 'rules'))
    .filter((rule) => at(rule, 'health') !== 'ok')
    .map((rule) => `${JSON.stringify(at(rule, 'name'))}: ${JSON.stringify(at(rule, 'lastError'))}`);
}
