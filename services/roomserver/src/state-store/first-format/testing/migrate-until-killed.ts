// A process that migrates the database of its first argument until it is killed, and says so after every step.
import { testObservability } from '@plexus/testkit';
import { openDatabases } from '../../../storage/indexed-database.ts';
import { TreeStateStore } from '../../tree-state-store.ts';
import { migrateStates } from '../migrate-states.ts';

const [, , url = '', name = ''] = process.argv;
const observability = testObservability('roomserver');
const { queries, writes } = openDatabases(url, observability);
const context = { database: queries, stateStore: new TreeStateStore(writes, observability), process: name };
for (;;) {
  const step = await migrateStates(context);
  process.stdout.write(`${step?.phase ?? 'nothing'}\n`);
}
