import type { RegistrationToken } from '@plexus/contracts/userapi';
import type { Command } from 'commander';
import { actor, printJson, refusal, timeText } from '../administration/console.ts';
import { type InstallationFlags, withInstallationFlags } from '../administration/installation-of-flags.ts';
import { withUserapi } from '../administration/with-userapi.ts';
import { CliError } from '../cli-error.ts';

/** Adds `plexus admin registration-token`. */
export const addRegistrationTokenCommand = (admin: Command): void => {
  const token = admin
    .command('registration-token')
    .description('tokens to register with, where registration.requireToken is set');
  const add = (name: string, description: string): Command =>
    withInstallationFlags(token.command(name).description(description));
  add('create', 'make a token, and print it')
    .argument('[token]', '1 to 64 of A-Z a-z 0-9 . _ ~ -; one is made up when absent')
    .option('--uses <number>', 'how many accounts may be made with it; any number when absent')
    .option('--expires <when>', 'after a time such as 12h or 7d, or at one such as 2026-12-31; never when absent')
    .action(create);
  add('list', 'all tokens, with their uses').option('--json', 'as JSON').action(list);
  add('revoke', 'nobody registers with the token any more').argument('<token>', 'the token').action(revoke);
};

type CreateFlags = InstallationFlags & { readonly uses?: string; readonly expires?: string };

const create = async (token: string | undefined, flags: CreateFlags): Promise<void> => {
  const usesAllowed = flags.uses === undefined ? undefined : usesOf(flags.uses);
  const expiryTs = flags.expires === undefined ? undefined : expiryOf(flags.expires, Date.now());
  const wanted = { token, usesAllowed, expiryTs, actor };
  const { result } = await withUserapi(flags, ({ userapi }) => userapi.createRegistrationToken(wanted));
  if (result?.$case !== 'token') throw refusal(result?.value);
  console.log(result.value);
};

const list = async (flags: InstallationFlags & { readonly json?: boolean }): Promise<void> => {
  const { tokens } = await withUserapi(flags, ({ userapi }) => userapi.listRegistrationTokens({}));
  if (flags.json === true) printJson(tokens.map(tokenJson));
  else if (tokens.length === 0) console.log('there are no registration tokens');
  else
    for (const { token, uses, usesAllowed, expiryTs } of tokens)
      console.log(`${token}  used ${uses} of ${usesAllowed ?? 'any number'}  expires ${timeText(expiryTs)}`);
};

const revoke = async (token: string, flags: InstallationFlags): Promise<void> => {
  const { revoked } = await withUserapi(flags, ({ userapi }) => userapi.revokeRegistrationToken({ token, actor }));
  if (!revoked) throw new CliError('there is no such registration token');
  console.log('the token is revoked');
};

const usesOf = (text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new CliError(`--uses: ${text} is no number of accounts`, 2);
  return Number(text);
};

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };

/** Milliseconds since the epoch of `7d` from now, or of a date. @throws CliError */
export const expiryOf = (text: string, now: number): number => {
  const [, count, unit = ''] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
  const at = count === undefined ? Date.parse(text) : now + Number(count) * (units[unit] ?? 0);
  if (Number.isNaN(at)) throw new CliError(`--expires: ${text} is neither a time such as 7d nor a date`, 2);
  if (at <= now) throw new CliError(`--expires: ${text} is past`, 2);
  return at;
};

const tokenJson = ({ token, uses, usesAllowed, expiryTs }: RegistrationToken) => ({
  token,
  completed: uses,
  uses_allowed: usesAllowed ?? null,
  expiry_time: expiryTs ?? null,
});
