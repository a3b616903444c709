import { describe, expect, it } from 'vitest';
import { HolderRegistry } from './holder-registry.ts';

const nobody: ReadonlySet<string> = new Set();

describe('how long userapi waits for those who hold sessions', () => {
  it('not at all when it has listened for a lease and heard nobody', () => {
    expect(listening(0).waitUntil(5000, nobody)).toBeLessThanOrEqual(5000);
  });

  it('not at all when all have answered', () => {
    const registry = listening(0);
    registry.heard('a', 4900, 'address');
    registry.heard('b', 4500, 'address');
    expect(registry.waitUntil(5000, new Set(['a', 'b']))).toBeLessThanOrEqual(5000);
  });

  it('for the lease of the one that has not', () => {
    const registry = listening(0);
    registry.heard('a', 4900, 'address');
    registry.heard('b', 4500, 'address');
    expect(registry.waitUntil(5000, new Set(['a']))).toBe(7500);
  });

  it('a whole lease after it began to listen, for those it may not have heard', () => {
    expect(listening(4000).waitUntil(5000, nobody)).toBe(7000);
  });

  it('a whole lease while it cannot hear anybody', () => {
    expect(new HolderRegistry<string>().waitUntil(5000, nobody)).toBe(8000);
  });

  it('no longer for a holder that has left, or was silent for a lease', () => {
    const registry = listening(0);
    registry.heard('silent', 1899, 'address');
    registry.heard('left', 4900, 'address');
    registry.left('left');
    expect(registry.waitUntil(5000, nobody)).toBeLessThanOrEqual(5000);
    expect(registry.contacts()).toEqual([]);
  });
});

function listening(since: number): HolderRegistry<string> {
  const registry = new HolderRegistry<string>();
  registry.listening(since);
  return registry;
}
