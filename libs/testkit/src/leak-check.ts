/**
 * Remembers what keeps the process alive now (sockets, timers, child processes); the function it returns waits for at most `withinMs` until
 * there is not more than that, and names what is left.
 */
export function leakCheck(): (withinMs?: number) => Promise<string[]> {
  const before = countResources();
  return async (withinMs = 2_000) => {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const left = excess(before, countResources());
      if (left.length === 0 || performance.now() > deadline) return left;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
}

function countResources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of process.getActiveResourcesInfo()) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function excess(before: Map<string, number>, after: Map<string, number>): string[] {
  return [...after].flatMap(([name, count]) => {
    const more = count - (before.get(name) ?? 0);
    // The timer that this check itself waits with has fired when it looks.
    return more > 0 ? [`${more} ${name}`] : [];
  });
}
