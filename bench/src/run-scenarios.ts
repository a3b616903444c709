import { type BenchUser, Homeserver } from './client/homeserver.ts';
import { type Figure, figure, figuresOf } from './musts.ts';
import { accounts } from './scenarios/accounts.ts';
import { createRoom } from './scenarios/create-room.ts';
import { disk } from './scenarios/disk.ts';
import { fanOut } from './scenarios/fan-out.ts';
import { join } from './scenarios/join.ts';
import { type Bench, prepare, type Scenario } from './scenarios/scenario.ts';
import { send } from './scenarios/send.ts';
import { sync } from './scenarios/sync.ts';
import type { Target } from './targets/target.ts';

const scenarios: readonly (readonly [string, Scenario])[] = [
  ['accounts', accounts],
  ['createRoom', createRoom],
  ['send', send],
  ['fan-out', fanOut],
  ['sync', sync],
  ['join', join],
  ['disk', disk],
];

export interface RunOptions {
  /** In (0, 1]: shortens every count, for a smoke run. */
  readonly scale: number;
  /** In (0, 1]: measures fewer operations of a server that is slower, on rooms as large. */
  readonly pace?: number;
  /** Only scenarios whose name contains this. */
  readonly only: string;
  readonly print: (line: string) => void;
}

/** Runs the scenarios against a server, in order. */
export async function runScenarios(target: Target, { scale, pace = 1, only, print }: RunOptions): Promise<Figure[]> {
  const server = new Homeserver(target.url, target.sharedSecret);
  const made: BenchUser[] = [];
  const figures: Figure[] = [];
  const bench: Bench = {
    target,
    server,
    scale: (count) => Math.max(1, Math.round(count * scale * pace)),
    size: (count) => Math.max(1, Math.round(count * scale)),
    async users(count) {
      made.push(...(await prepare(Math.max(0, count - made.length), 2, () => server.register())));
      return made.slice(0, count);
    },
    add(measurement) {
      figures.push(...figuresOf(measurement));
      const { name, perSecond, p50Ms, p99Ms, errors } = measurement;
      print(
        `${target.name}: ${name}: ${perSecond.toFixed(0)}/s, p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms, ${errors.length} errors`,
      );
      for (const error of new Set(errors.slice(0, 3))) print(`${target.name}: ${name}: ${error}`);
    },
    addFigure(name, value, unit) {
      figures.push(figure(name, value, unit));
      print(`${target.name}: ${name}: ${value.toFixed(0)} ${unit}`);
    },
  };
  try {
    for (const [name, scenario] of scenarios.filter(([scenarioName]) => scenarioName.includes(only))) {
      print(`${target.name}: ${name} …`);
      await scenario(bench);
    }
  } finally {
    server.close();
  }
  return figures;
}
