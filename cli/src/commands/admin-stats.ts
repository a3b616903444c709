import type { GetStatisticsResponse } from '@plexus/contracts/userapi';
import type { Command } from 'commander';
import { type InstallationFlags, withInstallationFlags } from '../administration/installation-of-flags.ts';
import { withUserapi } from '../administration/with-userapi.ts';
import { CliError } from '../cli-error.ts';

interface StatsFlags extends InstallationFlags {
  readonly from?: string;
  readonly to?: string;
  readonly json?: boolean;
}

const dayMs = 86_400_000;
const defaultDays = 30;
const dayPattern = /^\d{4}-\d{2}-\d{2}$/;
const topOperations = 15;

/** Adds `plexus admin stats`. */
export const addStatisticsCommand = (admin: Command): void => {
  withInstallationFlags(
    admin.command('stats').description('who uses the server, what for, and what it takes: any range of days (of UTC)'),
  )
    .option('--from <day>', 'first day, as 2026-11-01; 30 days before the last when absent')
    .option('--to <day>', 'last day; today when absent')
    .option('--json', 'everything, as JSON')
    .action(stats);
};

const stats = async (flags: StatsFlags): Promise<void> => {
  const to = checked(flags.to ?? dayOf(Date.now()), '--to');
  const from = checked(flags.from ?? dayOf(Date.parse(to) - (defaultDays - 1) * dayMs), '--from');
  if (from > to) throw new CliError('--from: the first day comes after the last', 2);
  const found = await withUserapi(flags, ({ userapi }) => userapi.getStatistics({ from, to }));
  if (flags.json === true) console.log(JSON.stringify({ from, to, ...found }, null, 2));
  else for (const line of report(from, to, found)) console.log(line);
};

const report = (from: string, to: string, found: GetStatisticsResponse): string[] => [
  `${from} to ${to}`,
  `accounts           ${found.accounts}, of bridges ${found.appserviceAccounts}, deactivated ${found.deactivatedAccounts}`,
  `registered         ${found.registered}`,
  `active users       ${found.activeUsers}${perDay(found)}`,
  ...found.clients.map(({ client, activeUsers }) => `  ${client.padEnd(17)}${activeUsers}`),
  `database           ${megabytes(found.databaseBytes)}`,
  ...found.resources.map(
    ({ service, cpuSeconds, residentBytes }) =>
      `  ${service.padEnd(17)}${cpuSeconds.toFixed(0)} s of CPU, at most ${megabytes(residentBytes)} of memory`,
  ),
  'requests',
  ...found.operations
    .slice(0, topOperations)
    .map(
      ({ operation, requests, failures, seconds }) =>
        `  ${operation.padEnd(34)}${String(requests).padStart(9)}${String(failures).padStart(7)} failed ${average(seconds, requests)}`,
    ),
];

const perDay = ({ days }: GetStatisticsResponse): string => {
  const sum = days.reduce((total, { activeUsers }) => total + activeUsers, 0);
  return days.length === 0 ? '' : `, ${(sum / days.length).toFixed(1)} a day`;
};

const average = (seconds: number, requests: number): string => `${((seconds / requests) * 1_000).toFixed(1)} ms`;

const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(0)} MB`;

const checked = (day: string, flag: string): string => {
  if (!dayPattern.test(day) || Number.isNaN(Date.parse(day)))
    throw new CliError(`${flag}: ${day} is no day such as 2026-11-21`, 2);
  return day;
};

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
