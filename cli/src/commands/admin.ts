import { readFileSync } from 'node:fs';
import { text as readAll } from 'node:stream/consumers';
import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { askHidden } from '../console/ask-hidden.ts';
import { dataFolder } from '../folder/data-folder.ts';
import { lockHolder } from '../folder/lock-file.ts';
import { readState } from '../folder/state-file.ts';
import { localpartOf } from '../up/localpart.ts';
import { addDeadLettersCommand } from './admin-dead-letters.ts';

interface CreateUserFlags {
  readonly data: string;
  readonly admin?: boolean;
  readonly passwordStdin?: boolean;
}

export const addAdminCommand = (program: Command): void => {
  const admin = program.command('admin').description('look after a server that runs on this machine');
  addDeadLettersCommand(admin);
  const user = admin.command('user').description('accounts');
  user
    .command('create')
    .description('make an account')
    .argument('<name>', 'localpart or full user id')
    .option('--data <dir>', 'data folder of the plexus up that runs', 'data')
    .option('--admin', 'may use the admin API')
    .option('--password-stdin', 'take the password from standard input instead of asking')
    .action(createUser);
};

const createUser = async (name: string, flags: CreateUserFlags): Promise<void> => {
  const { serverName, address, token } = runningUserapi(flags.data);
  const localpart = localpartOf(name, serverName);
  const password = await readPassword(flags.passwordStdin === true);
  const [{ connectRpc }, { UserapiServiceDefinition }, { createObservability }] = await Promise.all([
    import('@plexus/rpc'),
    import('@plexus/contracts/userapi'),
    import('@plexus/observability'),
  ]);
  const observability = createObservability({ service: 'plexus admin', level: 'error' });
  const connection = connectRpc(UserapiServiceDefinition, [address], {
    defaultTimeoutMs: 15_000,
    token,
    observability,
  });
  try {
    const request = { localpart, password, admin: flags.admin === true, inhibitLogin: true };
    const { result } = await connection.client.register(request);
    if (result?.$case === 'account')
      console.log(`${result.value.userId} made${flags.admin === true ? ', an administrator' : ''}`);
    else
      throw new CliError(
        result === undefined ? 'userapi gave no answer' : `${result.value.errcode}: ${result.value.error}`,
      );
  } finally {
    connection.close();
    await observability.shutdown();
  }
};

/** @throws CliError when no plexus up runs on the folder. */
const runningUserapi = (data: string): { serverName: string; address: string; token: string | undefined } => {
  const folder = dataFolder(data);
  const state = readState(folder.state);
  const address = state?.services?.['userapi']?.rpc[0];
  if (lockHolder(folder.lock) === undefined || state?.serverName === undefined || address === undefined)
    throw new CliError(`no plexus up runs on ${folder.root}; start it, or name its folder with --data`);
  return { serverName: state.serverName, address, token: rpcToken(folder.config) };
};

const rpcToken = (configFile: string): string | undefined => {
  const config: unknown = JSON.parse(readFileSync(configFile, 'utf8'));
  const rpc = typeof config === 'object' && config !== null && 'rpc' in config ? config.rpc : undefined;
  const token = typeof rpc === 'object' && rpc !== null && 'token' in rpc ? rpc.token : undefined;
  return typeof token === 'string' ? token : undefined;
};

const readPassword = async (fromInput: boolean): Promise<string> => {
  if (fromInput) return onlyLine(await readAll(process.stdin));
  if (!process.stdin.isTTY) throw new CliError('standard input is no terminal to ask on: use --password-stdin', 2);
  const password = await askHidden('Password: ');
  if (password !== (await askHidden('Once more: '))) throw new CliError('the two passwords differ');
  return password;
};

const onlyLine = (input: string): string => {
  const line = input.replace(/\r?\n$/, '');
  if (line === '' || line.includes('\n')) throw new CliError('standard input must hold one line, the password', 2);
  return line;
};
