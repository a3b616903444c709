import type { SupervisedProcess } from '../processes/supervised-process.ts';
import { services } from './process-plan.ts';

const namesOf = (kind: 'edge' | 'core'): string[] =>
  Object.entries(services).flatMap(([name, itsKind]) => (itsKind === kind ? [name] : []));

/**
 * What stops together, and how long it may take, in order: the doors, then what answers them, then the servers under all. The
 * sum stays below the ten seconds in which `plexus up` is gone.
 */
const stages: readonly { readonly names: readonly string[]; readonly graceMs: number }[] = [
  { names: ['gateway'], graceMs: 1_500 },
  { names: ['all', ...namesOf('edge')], graceMs: 3_000 },
  { names: namesOf('core'), graceMs: 2_000 },
  { names: ['nats', 'redis'], graceMs: 1_000 },
  { names: ['postgres'], graceMs: 2_000 },
];

export const stopAll = async (processes: readonly SupervisedProcess[]): Promise<void> => {
  for (const { names, graceMs } of stages) {
    const stage = processes.filter(({ name }) => names.includes(name));
    await Promise.all(stage.map((one) => one.stop(graceMs)));
  }
};
