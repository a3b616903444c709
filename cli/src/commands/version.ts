import type { Command } from 'commander';

export const addVersionCommand = (program: Command): void => {
  program
    .command('version')
    .description('print the version of this program, with the commit where it is no release')
    .action(async () => console.log((await import('@plexus/config')).productVersion()));
};
