import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sample } from '../measure/processes.ts';
import { type Figure, figure } from '../musts.ts';
import { type RunOptions, runScenarios } from '../run-scenarios.ts';
import { startPlexus } from '../targets/plexus.ts';

const SETTLE_MS = 5_000;

/** The whole product by its client API: start, idle memory, and every scenario. */
export async function http(options: RunOptions): Promise<Figure[]> {
  const { print } = options;
  const data = await mkdtemp(join(tmpdir(), 'plexus-bench-'));
  const figures: Figure[] = [];
  try {
    print('plexus: first start …');
    const first = await startPlexus({ data });
    figures.push(figure('start on a fresh data folder, to ready', first.readyAfterMs, 'ms'));
    await first.stop();
    print('plexus: second start …');
    const target = await startPlexus({ data });
    figures.push(figure('second start, to ready', target.readyAfterMs, 'ms'));
    try {
      // Idle is what is left when the start is over; five seconds cover its garbage collections.
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      const pids = await target.servicePids();
      const { residentBytes } = sample({ name: 'services', roots: () => pids });
      figures.push(figure('idle memory of the services in one process', residentBytes / 2 ** 20, 'MB'));
      figures.push(...(await runScenarios(target, options)));
    } finally {
      await target.stop();
    }
  } finally {
    await rm(data, { recursive: true, force: true });
  }
  return figures;
}
