import type { SendEvent } from '@plexus/contracts/roomserver';
import { coolBodies } from '@plexus/roomserver/bench';
import { prepare } from '../scenarios/scenario.ts';
import type { RoomserverTarget } from '../targets/roomserver.ts';
import { makeRoom, message, send, topic } from './requests.ts';
import type { RoomsScenario } from './rooms-bench.ts';
import { tableBytes } from './table-bytes.ts';

const ROOMS = 200;
const MESSAGES = 20_000;
const TOPICS = 10_000;
const EVENTS_PER_CALL = 50;

/**
 * Bytes an event over all tables and indexes of roomserver. Cold is what a message comes to when all that came before it is cold too: the
 * second of two equal rounds of sending, compressing and vacuuming, which reuses what the first one freed.
 */
export const storedBytes: RoomsScenario = async (bench) => {
  const { target } = bench;
  const senders = Array.from({ length: ROOMS }, (_, number) => `@writer${number}:${target.serverName}`);
  const rooms = await prepare(ROOMS, 8, (index) => makeRoom(target.client, senders[index] ?? ''));
  const sendMany = (count: number, event: (roomId: string, sender: string, number: number) => SendEvent) =>
    prepare(Math.ceil(count / EVENTS_PER_CALL), 8, (call) =>
      send(
        target.client,
        Array.from({ length: EVENTS_PER_CALL }, (_, index) => {
          const number = call * EVENTS_PER_CALL + index + sent;
          return event(rooms[number % ROOMS] ?? '', senders[number % ROOMS] ?? '', number);
        }),
      ),
    );
  let sent = 0;
  const messages = bench.scale(MESSAGES);
  const topics = bench.scale(TOPICS);
  await sendMany(2_000, topic);
  const start = await vacuumedBytes(target);
  await sendMany(messages, message);
  sent += messages;
  const warm = await tableBytes(target.sql);
  bench.addFigure('database bytes per message, fresh', (warm - start) / messages, 'B');
  await sendMany(topics, topic);
  bench.addFigure('database bytes per topic event', ((await tableBytes(target.sql)) - warm) / topics, 'B');
  await coolBodies(target.postgresUrl);
  const before = await vacuumedBytes(target);
  await sendMany(messages, message);
  await coolBodies(target.postgresUrl);
  bench.addFigure('database bytes per message, cold', ((await vacuumedBytes(target)) - before) / messages, 'B');
};

async function vacuumedBytes({ sql }: RoomserverTarget): Promise<number> {
  await sql.query('VACUUM');
  return await tableBytes(sql);
}
