import type { Command } from 'commander';
import { addDeadLettersCommand } from './admin-dead-letters.ts';
import { addRegistrationTokenCommand } from './admin-registration-token.ts';
import { addStatisticsCommand } from './admin-stats.ts';
import { addUserCommand } from './admin-user.ts';

export const addAdminCommand = (program: Command): void => {
  const admin = program.command('admin').description('look after a server: its accounts, tokens, figures and failures');
  addUserCommand(admin);
  addRegistrationTokenCommand(admin);
  addStatisticsCommand(admin);
  addDeadLettersCommand(admin);
};
