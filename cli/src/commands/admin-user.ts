import type { Account, UserapiService } from '@plexus/contracts/userapi';
import type { Command } from 'commander';
import { actor, printJson, refusal, requireDone, timeText } from '../administration/console.ts';
import { type InstallationFlags, withInstallationFlags } from '../administration/installation-of-flags.ts';
import { readPassword } from '../administration/read-password.ts';
import { type Administered, withUserapi } from '../administration/with-userapi.ts';
import { CliError } from '../cli-error.ts';
import { localpartOf } from '../up/localpart.ts';

const PAGE = 1000;
const nameArgument = ['<name>', 'user name or full user id'] as const;
const passwordFlag = ['--password-stdin', 'take the password from standard input instead of asking'] as const;
const jsonFlag = ['--json', 'everything, as JSON'] as const;

/** Adds `plexus admin user`. */
export const addUserCommand = (admin: Command): void => {
  const user = admin.command('user').description('accounts');
  const add = (name: string, description: string): Command =>
    withInstallationFlags(user.command(name).description(description));
  add('create', 'make an account')
    .argument(...nameArgument)
    .option('--admin', 'an administrator')
    .option(...passwordFlag)
    .action(create);
  add('list', 'accounts in the order of their names')
    .option('--deactivated', 'those that are deactivated too')
    .option('--bridges', 'those of bridges too')
    .option(...jsonFlag)
    .action(list);
  add('show', 'one account and its devices')
    .argument(...nameArgument)
    .option(...jsonFlag)
    .action(show);
  add('set-password', 'another password; all sessions of the user end')
    .argument(...nameArgument)
    .option('--keep-sessions', 'leave the user signed in')
    .option(...passwordFlag)
    .action(setPassword);
  add('deactivate', 'close an account for ever: its data go, it leaves its rooms, its name stays taken')
    .argument(...nameArgument)
    .option('--erase', 'its profile goes too')
    .action(deactivate);
  add('promote', 'make a user an administrator')
    .argument(...nameArgument)
    .action((name: string, flags: InstallationFlags) => setAdministrator(name, flags, true));
  add('demote', 'a user is an administrator no longer')
    .argument(...nameArgument)
    .action((name: string, flags: InstallationFlags) => setAdministrator(name, flags, false));
  add('logout', 'end all sessions of a user')
    .argument(...nameArgument)
    .option('--device <id>', 'of one device alone')
    .action(logout);
};

type CreateFlags = InstallationFlags & { readonly admin?: boolean; readonly passwordStdin?: boolean };

const create = (name: string, flags: CreateFlags): Promise<void> =>
  withUserapi(flags, async ({ userapi, serverName }) => {
    const localpart = localpartOf(name, serverName);
    const password = await readPassword(flags.passwordStdin === true);
    const admin = flags.admin === true;
    const { result } = await userapi.register({ localpart, password, admin, inhibitLogin: true, actor });
    if (result?.$case !== 'account') throw refusal(result?.value);
    console.log(`${result.value.userId} made${admin ? ', an administrator' : ''}`);
  });

type ListFlags = InstallationFlags & {
  readonly deactivated?: boolean;
  readonly bridges?: boolean;
  readonly json?: boolean;
};

const list = (flags: ListFlags): Promise<void> =>
  withUserapi(flags, async ({ userapi }) => {
    const accounts: Account[] = [];
    const wanted = {
      userIds: [],
      limit: PAGE,
      withDeactivated: flags.deactivated === true,
      withAppservice: flags.bridges === true,
    };
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page: Account[] = (await userapi.listAccounts({ ...wanted, after })).accounts;
      accounts.push(...page);
      after = page.length < PAGE ? undefined : page.at(-1)?.userId.slice(1).split(':', 1)[0];
    }
    if (flags.json === true) printJson(accounts.map(accountJson));
    else for (const account of accounts) console.log(lineOf(account));
  });

const show = (name: string, flags: InstallationFlags & { readonly json?: boolean }): Promise<void> =>
  withUserapi(flags, async (administered) => {
    const account = await accountOf(name, administered);
    const { users } = await administered.userapi.getDevices({ userIds: [account.userId] });
    const devices = users[0]?.devices ?? [];
    if (flags.json === true) {
      const shown = devices.map(({ deviceId, displayName, lastSeenIp, lastSeenTs }) => ({
        device_id: deviceId,
        display_name: displayName,
        last_seen_ip: lastSeenIp,
        last_seen_ts: lastSeenTs,
      }));
      printJson({ ...accountJson(account), devices: shown });
      return;
    }
    console.log(lineOf(account));
    console.log(`  display name   ${displayNameOf(account) ?? '-'}`);
    console.log(`  account data   ${account.accountDataBytes} bytes`);
    for (const { deviceId, displayName, lastSeenTs, lastSeenIp } of devices)
      console.log(`  device ${deviceId}  ${displayName ?? '-'}  last seen ${timeText(lastSeenTs)} ${lastSeenIp ?? ''}`);
  });

type PasswordFlags = InstallationFlags & { readonly keepSessions?: boolean; readonly passwordStdin?: boolean };

const setPassword = (name: string, flags: PasswordFlags): Promise<void> =>
  withUserapi(flags, async (administered) => {
    const { userId } = await activeAccountOf(name, administered);
    const newPassword = await readPassword(flags.passwordStdin === true);
    const { userapi } = administered;
    requireDone(await userapi.setPassword({ userId, newPassword, actor }));
    if (flags.keepSessions === true) console.log(`${userId} has another password`);
    else {
      const ended = await endSessions(userapi, userId);
      console.log(`${userId} has another password; ${ended} sessions ended`);
    }
  });

const deactivate = (name: string, flags: InstallationFlags & { readonly erase?: boolean }): Promise<void> =>
  withUserapi(flags, async (administered) => {
    const { userId } = await activeAccountOf(name, administered);
    requireDone(await administered.userapi.deactivateAccount({ userId, erase: flags.erase === true, actor }));
    console.log(`${userId} is deactivated; it leaves its rooms in the background`);
  });

const setAdministrator = (name: string, flags: InstallationFlags, admin: boolean): Promise<void> =>
  withUserapi(flags, async (administered) => {
    const { userId } = await activeAccountOf(name, administered);
    requireDone(await administered.userapi.setAdministrator({ userId, admin, actor }));
    console.log(`${userId} is ${admin ? 'an administrator' : 'no administrator'}`);
  });

const logout = (name: string, flags: InstallationFlags & { readonly device?: string }): Promise<void> =>
  withUserapi(flags, async (administered) => {
    const { userId } = await accountOf(name, administered);
    const ended = await endSessions(administered.userapi, userId, flags.device);
    if (flags.device !== undefined && ended === 0) throw new CliError(`${userId} has no device ${flags.device}`);
    console.log(`${ended} sessions of ${userId} ended`);
  });

const endSessions = async (userapi: UserapiService, userId: string, device?: string): Promise<number> => {
  const which =
    device === undefined ? ({ $case: 'all', value: true } as const) : ({ $case: 'deviceId', value: device } as const);
  return (await userapi.endSessions({ userId, which, actor })).ended;
};

/** The account that a person means, in whatever case they write it. @throws CliError when there is none */
const accountOf = async (name: string, { userapi, serverName }: Administered): Promise<Account> => {
  const exact = `@${localpartOf(name, serverName)}:${serverName}`;
  const lower = `@${localpartOf(name, serverName).toLowerCase()}:${serverName}`;
  const wanted = { userIds: [exact, lower], after: '', limit: 2, withDeactivated: true, withAppservice: true };
  const { accounts } = await userapi.listAccounts(wanted);
  const account = accounts.find(({ userId }) => userId === exact) ?? accounts[0];
  if (account === undefined) throw new CliError(`there is no user ${exact}`);
  return account;
};

const activeAccountOf = async (name: string, administered: Administered): Promise<Account> => {
  const account = await accountOf(name, administered);
  if (account.deactivatedTs === undefined) return account;
  throw new CliError(`${account.userId} was deactivated at ${timeText(account.deactivatedTs)}`);
};

const lineOf = (account: Account): string => {
  const marks = [
    ...(account.admin ? ['administrator'] : []),
    ...(account.appserviceId === undefined ? [] : [`of bridge ${account.appserviceId}`]),
    ...(account.deactivatedTs === undefined ? [] : [`deactivated ${timeText(account.deactivatedTs)}`]),
  ];
  return [
    account.userId,
    `made ${timeText(account.createdTs)}`,
    `${account.devices} devices`,
    `last seen ${timeText(account.lastSeenTs)}`,
    ...marks,
  ].join('  ');
};

const displayNameOf = ({ displayName }: Account): string | undefined => {
  if (displayName === undefined) return undefined;
  const name: unknown = JSON.parse(displayName);
  return typeof name === 'string' ? name : undefined;
};

const accountJson = (account: Account) => ({
  user_id: account.userId,
  display_name: displayNameOf(account),
  admin: account.admin,
  appservice_id: account.appserviceId,
  created_ts: account.createdTs,
  deactivated_ts: account.deactivatedTs,
  last_seen_ts: account.lastSeenTs,
  device_count: account.devices,
  account_data_bytes: account.accountDataBytes,
});
