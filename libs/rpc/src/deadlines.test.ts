import { setTimeout as pass } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Deadlines } from './deadlines.ts';

test('each ends at its own time, in whatever order they came, unless it is deleted', async () => {
  const deadlines = new Deadlines();
  const startedAt = performance.now();
  const ended: [string, number][] = [];
  const add = (name: string, milliseconds: number) => {
    const deadline = {
      at: startedAt + milliseconds,
      expire: () => void ended.push([name, performance.now() - startedAt]),
    };
    deadlines.add(deadline);
    return deadline;
  };
  add('long', 150);
  add('short', 40);
  deadlines.delete(add('settled', 20));
  add('middle', 90);
  await pass(250);
  expect(ended.map(([name]) => name)).toEqual(['short', 'middle', 'long']);
  for (const [index, milliseconds] of [40, 90, 150].entries()) {
    expect(ended[index]?.[1]).toBeGreaterThanOrEqual(milliseconds - 1);
    expect(ended[index]?.[1]).toBeLessThan(milliseconds + 60);
  }
});
