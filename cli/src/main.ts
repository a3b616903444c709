import { Command, CommanderError } from 'commander';
import { CliError, messageOf } from './cli-error.ts';
import { addAdminCommand } from './commands/admin.ts';
import { addBackupCommand } from './commands/backup.ts';
import { addBenchCommand } from './commands/bench.ts';
import { addCheckCommand } from './commands/check.ts';
import { addConfigCommand } from './commands/config.ts';
import { addDatabaseCommand } from './commands/db.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addKeysCommand } from './commands/keys.ts';
import { addMigrateCommand } from './commands/migrate.ts';
import { addPrepareCommand } from './commands/prepare.ts';
import { addRoundTripCommand } from './commands/round-trip.ts';
import { addRunCommand } from './commands/run.ts';
import { addTestCommand } from './commands/test.ts';
import { addUpCommand } from './commands/up.ts';
import { addVersionCommand } from './commands/version.ts';

/** Exit codes: 0 done, 1 failed, 2 the command line or the configuration is wrong and nothing was started. */
const main = async (args: readonly string[]): Promise<number> => {
  const program = new Command('plexus')
    .description('A Matrix homeserver: eight services over gRPC and JetStream, PostgreSQL as the only truth')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true });
  const context = { exitCode: 0 };
  const settle = (exitCode: number): void => {
    context.exitCode = exitCode;
  };
  for (const add of [
    addUpCommand,
    addRunCommand,
    addMigrateCommand,
    addConfigCommand,
    addKeysCommand,
    addPrepareCommand,
    addAdminCommand,
    addRoundTripCommand,
    addDoctorCommand,
    addBackupCommand,
    addDatabaseCommand,
    addTestCommand,
    addCheckCommand,
    addBenchCommand,
    addVersionCommand,
  ])
    add(program, settle);
  await program.parseAsync([...args], { from: 'user' });
  return context.exitCode;
};

const exitCodeOf = (error: unknown): number => {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // Commander has said what is wrong.
  for (const line of (error instanceof CliError ? error.message : messageOf(error)).split('\n')) console.error(line);
  return error instanceof CliError ? error.exitCode : 1;
};

// Who read the output may go away (`plexus up | head`), or the disk be full that it is written to: the command goes on, and in the end takes
// down what it started.
for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // What a command that failed still holds open must not keep its process, whose supervisor waits for the end.
  process.exit(exitCodeOf(error));
}
