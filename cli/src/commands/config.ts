import type { Command } from 'commander';

export const addConfigCommand = (program: Command): void => {
  const config = program.command('config').description('the configuration that plexus run and containers take');
  const file = ['--config <file>', 'in YAML or JSON; without it the variable PLEXUS_CONFIG holds it'] as const;
  config
    .command('check')
    .description(
      'say everything that is wrong with it and with the files that it names, a line an error; exit code 2 when there is one',
    )
    .option(...file)
    .action(async (flags: { config?: string }) => {
      const { checkedConfig } = await import('../load-config.ts');
      const { checkNamedFiles } = await import('../named-files.ts');
      const config = checkedConfig(flags.config);
      await checkNamedFiles(config);
      console.log(`${flags.config ?? 'PLEXUS_CONFIG'} is in order, for ${config.serverName}`);
    });
  config
    .command('show')
    .description('print it as it is in force, defaults filled in, as YAML')
    .option(...file)
    .option('--redacted', 'without secrets: the default')
    .option('--with-secrets', 'whole, passwords and tokens too')
    .action(show);
  config
    .command('reference')
    .description('print what every key means, as the page of the guide')
    .action(async () => {
      process.stdout.write((await import('@plexus/config')).configurationReference());
    });
  config
    .command('schema')
    .description('print its JSON schema, for editors and checks')
    .action(async () => {
      const { configurationSchema } = await import('@plexus/config');
      console.log(JSON.stringify(configurationSchema(), null, 2));
    });
};

const show = async (flags: { config?: string; redacted?: boolean; withSecrets?: boolean }): Promise<void> => {
  const [{ checkedConfig }, { redactedConfig }, { stringify }, { CliError }] = await Promise.all([
    import('../load-config.ts'),
    import('@plexus/config'),
    import('yaml'),
    import('../cli-error.ts'),
  ]);
  if (flags.redacted === true && flags.withSecrets === true)
    throw new CliError('--with-secrets: must not be given together with --redacted', 2);
  const config = checkedConfig(flags.config);
  process.stdout.write(stringify(flags.withSecrets === true ? config : redactedConfig(config)));
};
