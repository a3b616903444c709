import type { Measurement } from '../measure/measurement.ts';
import { type Figure, figure, figuresOf } from '../musts.ts';
import type { RunOptions } from '../run-scenarios.ts';
import type { RoomserverTarget } from '../targets/roomserver.ts';
import type { FilledRooms } from './filled-rooms.ts';

/** What a part of the sections core, state and log works with. */
export interface RoomsBench {
  readonly target: RoomserverTarget;
  /** How many operations to measure of so many: fewer in a smoke run. */
  readonly scale: (count: number) => number;
  readonly add: (measurement: Measurement) => void;
  readonly addFigure: (name: string, value: number, unit: string) => void;
  readonly print: (line: string) => void;
}

export type RoomsScenario = (bench: RoomsBench) => Promise<void>;

/** A scenario on rooms that are there already. */
export type FilledScenario = (bench: RoomsBench, rooms: FilledRooms) => Promise<void>;

/** Runs the parts whose name contains what is asked for, in order. */
export async function runRooms(
  target: RoomserverTarget,
  scenarios: readonly (readonly [string, RoomsScenario])[],
  { scale, only, print }: RunOptions,
): Promise<Figure[]> {
  const figures: Figure[] = [];
  const bench: RoomsBench = {
    target,
    scale: (count) => Math.max(1, Math.round(count * scale)),
    print,
    add(measurement) {
      figures.push(...figuresOf(measurement));
      const { name, perSecond, p50Ms, p99Ms } = measurement;
      print(`${name}: ${perSecond.toFixed(0)}/s, p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms`);
      if (measurement.errors.length > 0) throw new Error(`${name}: ${measurement.errors[0]}`);
    },
    addFigure(name, value, unit) {
      figures.push(figure(name, value, unit));
      print(`${name}: ${value.toPrecision(4)} ${unit}`);
    },
  };
  for (const [name, scenario] of scenarios.filter(([each]) => each.includes(only))) {
    print(`${name} …`);
    await scenario(bench);
  }
  return figures;
}
