import { type Answer, send } from '../stack/http-client.ts';
import type { Stack } from '../stack/stack.ts';

/** One of the pages that a process shows to operators, by the process's name. */
export async function askProcesses(stack: Stack, path: string): Promise<Map<string, Answer>> {
  const { metricsUrls } = await stack.state();
  const answers = Object.entries(metricsUrls).map(async ([name, url]) => [name, await send(url, 'GET', path)] as const);
  return new Map(await Promise.all(answers));
}

/** The sum of a metric over all processes and labels. */
export async function metricSum(stack: Stack, name: string): Promise<number> {
  let sum = 0;
  for (const { text } of (await askProcesses(stack, '/metrics')).values()) {
    for (const line of text.split('\n')) {
      if (line.startsWith(`${name} `) || line.startsWith(`${name}{`)) sum += Number(line.slice(line.lastIndexOf(' ')));
    }
  }
  return sum;
}
