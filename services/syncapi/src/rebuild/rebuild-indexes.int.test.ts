import { eventually, testObservability } from '@plexus/testkit';
import { expect, it } from 'vitest';
import { member, message } from '../testing/scripted-rooms.ts';
import { serverName } from '../testing/start-replica.ts';
import { withReplica } from '../testing/with-replica.ts';
import { rebuildStep } from './rebuild-indexes.ts';

const alice = '@alice:example.org';
const bob = '@bob:example.org';
const roomId = '!kept:example.org';
const { database, others, applied } = await withReplica();
const tables = ['timeline', 'history', 'state_change', 'membership_change', 'visibility_change'];

const sql = (text: string) => database.database.query({ name: `test_${text.slice(0, 40)}`, text }, []);

async function rowsOf(): Promise<unknown[]> {
  const rows = await Promise.all(tables.map((table) => sql(`SELECT * FROM syncapi.${table} AS row ORDER BY row`)));
  return rows;
}

it('an index that lost rows is rebuilt from the room log, without what was deleted or purged', async () => {
  others.rooms.create(roomId, alice);
  others.rooms.send(roomId, [member(bob, 'join'), message(alice, 'one'), message(bob, 'two'), member(bob, 'leave')]);
  const topic = { sender: alice, type: 'm.room.topic', stateKey: '', content: { topic: 'purged' } };
  others.rooms.create('!purged:example.org', alice);
  others.rooms.send('!purged:example.org', [topic, message(alice, 'gone')]);
  const upTo = others.rooms.entries.length;
  others.rooms.notice({ $case: 'historyPurged', value: { roomId: '!purged:example.org', upTo, keepsLocal: false } });
  others.rooms.create('!deleted:example.org', alice);
  others.rooms.notice({ $case: 'roomDeleted', value: { roomId: '!deleted:example.org' } });
  others.rooms.send(
    roomId,
    Array.from({ length: 700 }, (_, index) => message(alice, `m${index}`)),
  );
  await applied();
  const before = await rowsOf();
  await sql('DELETE FROM syncapi.timeline WHERE position % 2 = 0');
  await sql('DELETE FROM syncapi.state_change');
  await sql('DELETE FROM syncapi.membership_change WHERE position > 3');
  await sql('DELETE FROM syncapi.visibility_change');
  expect(await rowsOf()).not.toEqual(before);
  await sql(`INSERT INTO syncapi.index_rebuild (index_name, up_to)
             SELECT 'timelines', position FROM syncapi.consumer_position WHERE log = 'ROOM_LOG'`);
  const context = { database: database.database, roomserver: others.rooms, serverName, log: testObservability().log };
  await eventually('the index is rebuilt', async () => !(await rebuildStep(context)));
  expect(await rowsOf()).toEqual(before);
});

it('a rebuild that a rolling upgrade may have overtaken goes on for an hour, then it is over', async () => {
  others.rooms.send(roomId, [message(alice, 'by a replica of the version before')]);
  await applied();
  await sql('DELETE FROM syncapi.timeline WHERE position = (SELECT max(position) FROM syncapi.timeline)');
  const damaged = await rowsOf();
  const context = { database: database.database, roomserver: others.rooms, serverName, log: testObservability().log };
  await eventually('the rest is rebuilt', async () => {
    await rebuildStep(context);
    return JSON.stringify(await rowsOf()) !== JSON.stringify(damaged);
  });
  await sql("UPDATE syncapi.index_rebuild SET requested_at = now() - interval '2 hours'");
  await eventually('the rebuild is over', async () => {
    await rebuildStep(context);
    return (await sql('SELECT 1 FROM syncapi.index_rebuild')).length === 0;
  });
});
