import { text as readAll } from 'node:stream/consumers';
import { CliError } from '../cli-error.ts';
import { askHidden } from '../console/ask-hidden.ts';

/** A new password: one line of standard input, or asked twice on a terminal. Never an argument, which everybody on the machine could read. */
export const readPassword = async (fromInput: boolean): Promise<string> => {
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
