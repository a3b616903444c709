import { writeFile } from 'node:fs/promises';
import { machineSpeed } from './measure/machine-speed.ts';
import { type Figure, figure } from './musts.ts';
import { table } from './report.ts';
import { type RunOptions, runScenarios } from './run-scenarios.ts';
import { core } from './sections/core.ts';
import { http } from './sections/http.ts';
import { log } from './sections/log.ts';
import { state } from './sections/state.ts';
import { startSynapse } from './targets/synapse.ts';

/** The parts of the benchmark by name; each prints figures of its own. */
export const sections = { http, core, state, log } as const;
export type SectionName = keyof typeof sections;

export interface BenchOptions extends RunOptions {
  readonly sections: readonly SectionName[];
  /** Measures this peer in the same run, beside the section `http`. */
  readonly vs: 'synapse' | undefined;
  /** Where the figures go as JSON: a list of {name, value, unit, must, ok}. */
  readonly json: string | undefined;
}

/** Runs the benchmark. True when every figure reaches what it must. */
export async function runBench(options: BenchOptions): Promise<boolean> {
  const own: Figure[] = [];
  const speeds = [machineSpeed()];
  for (const name of options.sections) {
    own.push(...(await sections[name](options)));
    speeds.push(machineSpeed());
  }
  // 62 µs on the machine that the limits were set on; a virtual machine may be half as fast an hour later.
  own.push(figure('this machine, a bare Ed25519 verification: fastest', Math.min(...speeds), 'µs'));
  own.push(figure('this machine, a bare Ed25519 verification: slowest', Math.max(...speeds), 'µs'));
  // Before the peer: whatever becomes of that, the own figures are not lost.
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(own, null, 2)}\n`);
  options.print(table(own));
  if (options.vs !== undefined) options.print(table(own, { name: options.vs, figures: await peerFigures(options) }));
  return own.every(({ ok }) => ok !== false);
}

async function peerFigures(options: BenchOptions): Promise<Figure[]> {
  const { print } = options;
  print('synapse: installing and starting …');
  const target = await startSynapse(print);
  try {
    // A tenth of the operations: at a tenth of the speed that takes as long.
    return await runScenarios(target, { ...options, pace: 0.1 });
  } finally {
    await target.stop();
  }
}
