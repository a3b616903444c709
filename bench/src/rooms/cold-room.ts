import { prepare } from '../scenarios/scenario.ts';
import { userOf } from './filled-rooms.ts';
import { message, send } from './requests.ts';
import type { FilledScenario } from './rooms-bench.ts';

const ROUNDS = 5;
const WARM_UP = 1_000;
const WARM_ROOMS = 50;

/** The first message into the largest room after a start of the service, which has been at work in other rooms. */
export const coldRoom: FilledScenario = async ({ target, addFigure }, rooms) => {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await target.restart();
    await prepare(WARM_UP, 16, (index) =>
      send(target.client, [
        message(rooms.small[index % WARM_ROOMS] ?? '', userOf(target.serverName, 1), index + round * WARM_UP),
      ]),
    );
    const startedAt = performance.now();
    await send(target.client, [message(rooms.huge, userOf(target.serverName, 77 + round), round)]);
    times.push(performance.now() - startedAt);
  }
  addFigure('first send into a cold room of 100,000 members', times.sort((a, b) => a - b)[ROUNDS >> 1] ?? NaN, 'ms');
};
