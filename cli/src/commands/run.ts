import { once } from 'node:events';
import { flushCompileCache } from 'node:module';
import type { PlexusConfig } from '@plexus/config';
import type { RunningProcess, ServiceModule } from '@plexus/service';
import type { Command } from 'commander';
import { messageOf } from '../cli-error.ts';
import { asCliError } from '../installation-error.ts';
import type { Selection } from '../service-modules.ts';

export const addRunCommand = (program: Command): void => {
  program
    .command('run')
    .description('run services in this process, as plexus up and containers do')
    .argument(
      '<service...>',
      'userapi, roomserver, typing, appservice, federationapi, mediaapi, syncapi, clientapi, gateway, or all',
    )
    .option('--config <file>', 'whole configuration in YAML or JSON; without it the variable PLEXUS_CONFIG holds it')
    .action(async (names: readonly string[], flags: { config?: string }) => run(names, flags.config));
};

/** On SIGHUP, one after another: a configuration that is wrong changes nothing and is said in the log. */
const reloadOnHangup = (
  running: RunningProcess,
  selection: Selection,
  configFile: string | undefined,
): { stop(): void } => {
  let last = Promise.resolve();
  const reload = async (): Promise<void> => {
    try {
      const { checkedConfig } = await import('../load-config.ts');
      const { checkNamedFiles } = await import('../named-files.ts');
      const config = checkedConfig(configFile);
      await checkNamedFiles(config, selection);
      await running.reload(config);
    } catch (error) {
      running.log.error({ problem: messageOf(error) }, 'the configuration cannot be taken; all stays as it was');
    }
  };
  const onHangup = (): void => {
    last = last.then(reload);
  };
  process.on('SIGHUP', onHangup);
  return { stop: () => process.off('SIGHUP', onHangup) };
};

/** Undefined: it was told to end before the services could start. @throws CliError when the database is not this installation's */
const started = async (
  modules: readonly ServiceModule[],
  { gateway }: Selection,
  config: PlexusConfig,
  signal: AbortSignal,
): Promise<RunningProcess | undefined> => {
  const { runProcess } = await import('@plexus/service');
  try {
    return await runProcess({ modules, config, listen: config.listen, gateway, signal });
  } catch (error) {
    if (signal.aborted && error === signal.reason) return undefined;
    throw await asCliError(error);
  }
};

/** Returns when the services run; a signal, or the end of the supervisor that tethered this process, drains and ends it. */
const run = async (names: readonly string[], configFile: string | undefined): Promise<void> => {
  const { checkedConfig } = await import('../load-config.ts');
  const { loadModules, parseSelection } = await import('../service-modules.ts');
  const selection = parseSelection(names);
  const { checkNamedFiles } = await import('../named-files.ts');
  const config = checkedConfig(configFile);
  await checkNamedFiles(config, selection);
  const end = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => end.abort());
  process.once('disconnect', () => end.abort());
  const modules = await loadModules(selection.services);
  const running = await started(modules, selection, config, end.signal);
  if (running === undefined) process.exit(0);
  const reloads = reloadOnHangup(running, selection, configFile);
  // Written at exit otherwise: with it the next start needs neither compiler nor type stripper.
  flushCompileCache();
  if (!end.signal.aborted) await once(end.signal, 'abort');
  reloads.stop();
  await running.stop();
  // Whatever a library still holds open must not keep a drained process.
  process.exit(0);
};
