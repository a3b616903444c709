import { eventually, type TestDatabase, type TestStreams, testDatabase, testStreams } from '@plexus/testkit';
import { afterAll } from 'vitest';
import { type Others, Replica, startOthers } from './start-replica.ts';

const anybody = '@alice:example.org';

export interface WithReplica {
  readonly database: TestDatabase;
  readonly streams: TestStreams;
  readonly others: Others;
  readonly replica: Replica;
  /** Resolves when all that is in the room log is applied. @returns the token of a sync then */
  applied(): Promise<string>;
}

/** One replica and the services behind it, for the tests of one file. */
export async function withReplica(): Promise<WithReplica> {
  const database = await testDatabase(['syncapi']);
  const streams = await testStreams();
  const others = startOthers(streams.connection);
  const replica = await Replica.start(database.database, streams.connection, others);
  afterAll(async () => {
    await replica.stop();
    await others.stop();
    await streams.close();
    await database.drop();
  });
  const applied = async () => {
    const head = others.rooms.entries.length;
    let token = '';
    await eventually('the log is applied', async () => {
      token = (await replica.sync(anybody)).body.next_batch;
      return Number(token.split('_')[1]) >= head;
    });
    return token;
  };
  return { database, streams, others, replica, applied };
}
