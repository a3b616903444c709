import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { checkout } from '../infrastructure/checkout.ts';

const guide = globSync(join(checkout, 'docs/operators/*.md'))
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n');
/** As they stand on a line of their own or between back-quotes. */
const commands = [...guide.matchAll(/(?:^|`)\.\/plexus ([^`\n]+)/gm)].map((match) => match[1] ?? '');

/** Help of the command that these words lead to. */
async function helpOf(words: string): Promise<string> {
  const main = join(checkout, 'cli', 'src', 'main.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...words.split(' '), '--help']);
  return stdout;
}

it('every command of the operator’s guide is there, with every flag that it is given', async () => {
  const flagsOf = new Map<string, Set<string>>();
  for (const command of commands) {
    const [words = '', ...flags] = command.split(/\s(?=--[a-z])/);
    const known = flagsOf.get(words) ?? new Set();
    for (const flag of flags) known.add(flag.split(' ', 1)[0] ?? '');
    flagsOf.set(words, known);
  }
  expect(flagsOf.size).toBeGreaterThan(12);
  const wrong: string[] = [];
  for (const [words, flags] of flagsOf) {
    const help = await helpOf(words);
    // A group's help: what follows its name is none of its commands.
    if (help.includes('\nCommands:')) wrong.push(words);
    wrong.push(...[...flags].filter((flag) => !help.includes(flag)).map((flag) => `${words} ${flag}`));
  }
  expect(wrong).toEqual([]);
});
