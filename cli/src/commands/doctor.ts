import { existsSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { printFindings } from '../doctor/finding.ts';
import { parseConfigText } from '../up/config-file.ts';

interface DoctorFlags {
  readonly data: string;
  readonly config?: string;
  readonly json?: boolean;
  readonly skip: readonly string[];
}

export const addDoctorCommand = (program: Command, settle: (exitCode: number) => void): void => {
  program
    .command('doctor')
    .description(
      'look at what plexus up needs on this machine, or with a whole configuration at an installation; 1: something is wrong',
    )
    .option('--data <dir>', 'data folder of plexus up', 'data')
    .option(
      '--config <file>',
      'configuration of plexus up, or of plexus run: then all that it names is looked at (also in the variable PLEXUS_CONFIG)',
    )
    .option('--skip <names...>', 'leave these out, for example dns certificate', [])
    .option('--json', 'print a list of {name, ok, detail}')
    .action(async (flags: DoctorFlags) => settle(await doctor(flags)));
};

const doctor = async (flags: DoctorFlags): Promise<number> => {
  const all = (await isInstallation(flags.config))
    ? await (await import('../doctor/installation.ts')).examineInstallation(flags.config, new Set(flags.skip))
    : await (await import('../doctor/machine.ts')).examineMachine(flags.data, flags.config);
  const findings = all.filter(({ name }) => !flags.skip.includes(name));
  printFindings(findings, flags.json === true);
  return findings.every(({ ok }) => ok) ? 0 : 1;
};

/** A configuration that says where the signing key is, is a whole one: `plexus up` makes its own. */
const isInstallation = async (file: string | undefined): Promise<boolean> => {
  if (file === undefined) return process.env['PLEXUS_CONFIG'] !== undefined;
  if (!existsSync(file)) return false;
  const parsed = await parseConfigText(readFileSync(file, 'utf8'), file);
  return parsed['signingKeyFile'] !== undefined;
};
