import { prepare } from '../scenarios/scenario.ts';
import { userOf } from './filled-rooms.ts';
import { join, message, send } from './requests.ts';
import type { FilledScenario } from './rooms-bench.ts';

const SETTLE_MS = 5_000;
const CALLERS = 32;

/** Resident memory of the service after a message into each of its rooms and a change of state in the large ones; the garbage of the last ones is collected first. */
export const memory: FilledScenario = async ({ target, addFigure }, rooms) => {
  await target.restart();
  const all = [rooms.huge, rooms.medium, ...rooms.large, ...rooms.small];
  await prepare(all.length, CALLERS, (index) =>
    send(target.client, [message(all[index] ?? '', userOf(target.serverName, 3), index)]),
  );
  await prepare(rooms.large.length, CALLERS, (index) =>
    send(target.client, [join(rooms.large[index] ?? '', userOf(target.serverName, 5), `Renamed ${Date.now()}`)]),
  );
  addFigure('peak memory while 6,500 rooms are touched', target.peakBytes() / 2 ** 20, 'MB');
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  addFigure('memory with 6,500 rooms touched', target.residentBytes() / 2 ** 20, 'MB');
};
