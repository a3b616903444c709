import { randomBytes } from 'node:crypto';
import { flushCompileCache } from 'node:module';
import { type Command, Option } from 'commander';
import { CliError, messageOf } from '../cli-error.ts';
import { consoleProgress } from '../console/progress.ts';
import { dataFolder } from '../folder/data-folder.ts';
import { readConfigFile } from '../up/config-file.ts';
import { wantOfRoom } from '../up/disk-watch.ts';
import { mergeSettings, type UpFlags, type UpSettings } from '../up/settings.ts';
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
    .option('--public-url <url>', 'where clients reach this server, for example https://matrix.example.org')
    .option('--metrics-port <port>', 'port for /metrics and /health on loopback, 0: any (default: 0)')
    .option('--federation-port <port>', 'port for other homeservers, 0: any (default: 8448)')
    .option('--processes <layout>', 'one: all services in one process; each: a process for each (default: one)')
    .option('--open-registration', 'let anybody make an account')
    .option(
      '--registration-shared-secret-file <file>',
      'let whoever knows the secret in the file make accounts (/_synapse/admin/v1/register)',
    )
    .addOption(new Option('--registration-shared-secret [secret]').hideHelp())
    .option('--no-rate-limits', 'answer everybody as fast as they ask')
    .option('--config <file>', 'configuration in YAML or JSON; flags win over it')
    .option('--appservice <file>', 'registration file of an application service; may be repeated', collect, [])
    .option('--postgres <url>', 'use a PostgreSQL that runs already')
    .option('--nats <url>', 'use a NATS with JetStream that runs already')
    .option('--redis <url>', 'use a Redis that runs already')
    .option('--new-signing-key', 'the signing key is lost for good: keep the server name and sign with a new key')
    .action(async (flags: UpFlags) => settle(await up(flags)));
};

const collect = (value: string, before: readonly string[]): string[] => [...before, value];

const settingsOf = async (flags: UpFlags): Promise<UpSettings> => {
  const merged = mergeSettings(flags, flags.config === undefined ? {} : await readConfigFile(flags.config));
  if ('errors' in merged) throw new CliError(merged.errors.join('\n'), 2);
  return merged.settings;
};

/** Answers the exit code when everything has been stopped again. */
const up = async (flags: UpFlags): Promise<number> => {
  const settings = await settingsOf(flags);
  const progress = consoleProgress();
  const stack = new Stack({
    dataDirectory: flags.data,
    settings,
    progress,
    random: randomBytes,
    newSigningKey: flags.newSigningKey === true,
  });
  const stopped = new Promise<string>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve(signal));
  });
  reloadOnHangup(stack, flags, progress.line);
  // Whatever goes wrong in here, what was started is stopped before this process ends.
  const failed = new Promise<{ error: unknown }>((resolve) => {
    process.on('uncaughtException', (error) => resolve({ error }));
  });
  const outcome = await Promise.race([
    stack.start().then(
      (url) => ({ url }),
      (error: unknown) => ({ error }),
    ),
    stopped,
    failed,
  ]);
  if (typeof outcome === 'string') return await end(stack, progress.line);
  if ('error' in outcome) {
    await stack.stop();
    throw explained(outcome.error, flags.data);
  }
  progress.line(`ready ${outcome.url}`);
  // Written at exit otherwise: with it the next start is faster, and 15 MB smaller since it needs no type stripper.
  flushCompileCache();
  const last = await Promise.race([stopped, failed]);
  if (typeof last === 'string') return await end(stack, progress.line);
  await stack.stop();
  throw explained(last.error, flags.data);
};

/** What a store or a service says that has no room to write does not say where. */
const explained = (error: unknown, data: string): unknown => {
  const { root } = dataFolder(data);
  const full = wantOfRoom(root);
  const isSaid = messageOf(error).includes(`the disk of ${root} is`);
  return full === undefined || isSaid ? error : new CliError(`${messageOf(error)}\n${full}`);
};

/** One after another; what is wrong changes nothing and is said. */
const reloadOnHangup = (stack: Stack, flags: UpFlags, line: (text: string) => void): void => {
  let last = Promise.resolve();
  const reload = async (): Promise<void> => {
    try {
      await stack.reload(await settingsOf(flags));
      line('the configuration is taken anew; what services cannot take while they run is taken at the next start');
    } catch (error) {
      line('the configuration cannot be taken; all stays as it was:');
      for (const sentence of (error instanceof CliError ? error.message : messageOf(error)).split('\n'))
        line(`  ${sentence}`);
    }
  };
  process.on('SIGHUP', () => {
    last = last.then(reload);
  });
};

const end = async (stack: Stack, line: (text: string) => void): Promise<number> => {
  const beganAt = performance.now();
  line('stopping');
  await stack.stop();
  line(`stopped (${Math.round(performance.now() - beganAt)} ms)`);
  return 0;
};
