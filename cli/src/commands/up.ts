import { randomBytes } from 'node:crypto';
import { flushCompileCache } from 'node:module';
import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { consoleProgress } from '../console/progress.ts';
import { readConfigFile } from '../up/config-file.ts';
import { mergeSettings, type UpFlags } from '../up/settings.ts';
import { Stack } from '../up/stack.ts';

export const addUpCommand = (program: Command, settle: (exitCode: number) => void): void => {
  program
    .command('up')
    .description('start PostgreSQL, NATS, Redis, all services and the gateway, and stop them all again on Ctrl-C')
    .option('--data <dir>', 'folder that everything is kept in', 'data')
    .option(
      '--server-name <name>',
      'the part after the colon in user ids; settled at the first start (default: localhost)',
    )
    .option('--bind <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <port>', 'port for clients, 0: any (default: 8008)')
    .option('--federation-port <port>', 'port for other homeservers, 0: any (default: 8448)')
    .option('--processes <layout>', 'one: all services in one process; each: a process for each (default: one)')
    .option('--open-registration', 'let anybody make an account')
    .option(
      '--registration-shared-secret <secret>',
      'let whoever knows the secret make accounts (/_synapse/admin/v1/register)',
    )
    .option('--no-rate-limits', 'answer everybody as fast as they ask')
    .option('--config <file>', 'configuration in YAML or JSON; flags win over it')
    .option('--appservice <file>', 'registration file of an application service; may be repeated', collect, [])
    .option('--postgres <url>', 'use a PostgreSQL that runs already')
    .option('--nats <url>', 'use a NATS with JetStream that runs already')
    .option('--redis <url>', 'use a Redis that runs already')
    .action(async (flags: UpFlags) => settle(await up(flags)));
};

const collect = (value: string, before: readonly string[]): string[] => [...before, value];

/** Answers the exit code when everything has been stopped again. */
const up = async (flags: UpFlags): Promise<number> => {
  const merged = mergeSettings(flags, flags.config === undefined ? {} : await readConfigFile(flags.config));
  if ('errors' in merged) throw new CliError(merged.errors.join('\n'), 2);
  const progress = consoleProgress();
  const stack = new Stack({ dataDirectory: flags.data, settings: merged.settings, progress, random: randomBytes });
  const stopped = new Promise<string>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal));
  });
  const outcome = await Promise.race([
    stack.start().then(
      (url) => ({ url }),
      (error: unknown) => ({ error }),
    ),
    stopped,
  ]);
  if (typeof outcome === 'string') return await end(stack, progress.line);
  if ('error' in outcome) {
    await stack.stop();
    throw outcome.error;
  }
  progress.line(`ready ${outcome.url}`);
  // Written at exit otherwise: with it the next start is faster, and 15 MB smaller since it needs no type stripper.
  flushCompileCache();
  await stopped;
  return await end(stack, progress.line);
};

const end = async (stack: Stack, line: (text: string) => void): Promise<number> => {
  const beganAt = performance.now();
  line('stopping');
  await stack.stop();
  line(`stopped (${Math.round(performance.now() - beganAt)} ms)`);
  return 0;
};
