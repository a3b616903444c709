import { text as readAll } from 'node:stream/consumers';
import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { askHidden } from '../console/ask-hidden.ts';
import { localpartOf } from '../up/localpart.ts';
import { addDeadLettersCommand } from './admin-dead-letters.ts';
import { addStatisticsCommand } from './admin-stats.ts';
import { whereUserapiIs, withUserapi } from './userapi-connection.ts';

interface CreateUserFlags {
  readonly data: string;
  readonly admin?: boolean;
  readonly passwordStdin?: boolean;
}

export const addAdminCommand = (program: Command): void => {
  const admin = program.command('admin').description('look after a server that runs on this machine');
  addDeadLettersCommand(admin);
  addStatisticsCommand(admin);
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
  const { serverName } = whereUserapiIs(flags);
  const localpart = localpartOf(name, serverName);
  const password = await readPassword(flags.passwordStdin === true);
  const request = { localpart, password, admin: flags.admin === true, inhibitLogin: true };
  const { result } = await withUserapi(flags, (userapi) => userapi.register(request));
  if (result?.$case === 'account')
    console.log(`${result.value.userId} made${flags.admin === true ? ', an administrator' : ''}`);
  else
    throw new CliError(
      result === undefined ? 'userapi gave no answer' : `${result.value.errcode}: ${result.value.error}`,
    );
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
