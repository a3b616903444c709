import type { BenchUser, Homeserver } from '../client/homeserver.ts';
import type { Measurement } from '../measure/measurement.ts';
import type { Target } from '../targets/target.ts';

/** What a scenario works with. Users are shared by all scenarios of a run: making one costs a password hash. */
export interface Bench {
  readonly target: Target;
  readonly server: Homeserver;
  /** The first so many users, made when there are fewer. */
  users(count: number): Promise<readonly BenchUser[]>;
  /** How many operations to measure of so many: fewer in a smoke run, and for a peer that is an order slower. */
  readonly scale: (count: number) => number;
  /** How large to make what is measured (rooms, receivers): as large for every server of a run. */
  readonly size: (count: number) => number;
  readonly add: (measurement: Measurement) => void;
  /** A figure that is no latency. */
  readonly addFigure: (name: string, value: number, unit: string) => void;
}

export type Scenario = (bench: Bench) => Promise<void>;

const TEXT = 'The quick brown fox jumps over the lazy dog and then goes on to jump over it once more, as it does. ';

/** A message of 100 characters. */
export function message(index: number): { msgtype: string; body: string } {
  return { msgtype: 'm.text', body: `${index} ${TEXT}`.slice(0, 100) };
}

/** Runs preparations, a few at a time; the first error ends the run. */
export async function prepare<T>(count: number, concurrency: number, one: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) results[index] = await one(index);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, worker));
  return results;
}
