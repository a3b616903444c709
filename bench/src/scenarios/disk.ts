import { message, prepare, type Scenario } from './scenario.ts';

const SENDERS = 16;
const MESSAGES = 10_000;

/** Bytes that a message adds to the database, all services' tables and indexes. */
export const disk: Scenario = async (bench) => {
  const users = await bench.users(SENDERS);
  const [first] = users;
  if (first === undefined) return;
  const rooms = await prepare(users.length, 4, (index) =>
    bench.server.createRoom(users[index] ?? first, { preset: 'public_chat' }),
  );
  const count = bench.scale(MESSAGES);
  const before = await bench.target.databaseBytes();
  await prepare(count, users.length, (index) => {
    const worker = index % users.length;
    return bench.server.send(users[worker] ?? first, rooms[worker] ?? '', message(index));
  });
  const after = await bench.target.databaseBytes();
  bench.addFigure('database bytes per message', (after - before) / count, 'B');
};
