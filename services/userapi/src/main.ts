import { UserapiServiceDefinition } from '@plexus/contracts/userapi';
import { bindService } from '@plexus/rpc';
import type { ServiceModule } from '@plexus/service';
import { userapiService } from './api/userapi-service.ts';
import { createContext } from './context.ts';
import { startForgettingActivity } from './forget-activity-loop.ts';
import { accountsExist } from './storage/accounts-exist.ts';
import { forgetOneTimeKeys } from './storage/one-time-keys.ts';
import { exposeUserCounts } from './user-counts.ts';

/** Committed entries that no stream carries after so long: consumers still read them from the log, but late. */
const MAX_OUTBOX_AGE_MS = 60_000;
const PUBLISH_ON_STOP_MS = 2000;

/** Accounts, sessions, devices, profiles and account data. */
export const service: ServiceModule = {
  name: 'userapi',
  migrations: new URL('./storage/migrations/', import.meta.url),
  carriesServerName: accountsExist,
  afterRestore: [forgetOneTimeKeys],
  async start(runtime) {
    const context = createContext(runtime);
    const { reportSeconds, retentionDays } = runtime.config.statistics;
    exposeUserCounts(runtime.database, reportSeconds * 1_000, runtime.clock, runtime.observability);
    const stopForgetting = startForgettingActivity(
      runtime.database,
      retentionDays,
      runtime.clock,
      runtime.observability.log,
    );
    context.departures.start();
    return {
      rpc: [bindService(UserapiServiceDefinition, userapiService(context))],
      handlers: {},
      readiness: async () =>
        // Without NATS consumers read the log from here: to take this process out would take that from them.
        runtime.streams.isConnected() && context.log.outboxAgeMs() > MAX_OUTBOX_AGE_MS
          ? ['userapi: the user log is not published']
          : [],
      drain: async () => {},
      stop: async () => {
        stopForgetting();
        await context.departures.stop();
        context.sessions.stop();
        await context.log.stop(PUBLISH_ON_STOP_MS);
      },
    };
  },
};
