import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { topology } from '@plexus/streams';
import { describe, expect, it } from 'vitest';
import { root } from './source-files.ts';

/** `<service>/<stream>` for each file of that kind of folder. */
function files(folder: 'producers' | 'consumers'): string[] {
  return globSync(`services/*/src/${folder}/*.ts`, { cwd: join(root) })
    .filter((path) => !path.endsWith('.test.ts'))
    .map((path) => `${path.split('/')[1]}/${basename(path, '.ts')}`)
    .sort();
}

const fileName = (stream: string) => stream.toLowerCase().replaceAll('_', '-');

/** Streams of the whole product are in the topology; those that nothing speaks yet are planned. */
const spoken = topology.filter((stream) => stream.status === 'live');

describe('the topology is what the folders say', () => {
  it('a producer file for each stream that is live, and no other', () => {
    expect(files('producers')).toEqual(spoken.map((stream) => `${stream.producer}/${fileName(stream.name)}`).sort());
  });

  it('a consumer file for each consumer of a stream that is live, and no other', () => {
    const expected = spoken.flatMap((stream) =>
      stream.consumers.map((consumer) => `${consumer}/${fileName(stream.name)}`),
    );
    expect(files('consumers')).toEqual(expected.sort());
  });

  it('what JetStream keeps is bounded in time and size', () => {
    for (const stream of topology.filter(({ kind }) => kind === 'log'))
      expect([stream.name, stream.maxAgeMs > 0, stream.maxBytes > 0]).toEqual([stream.name, true, true]);
  });
});
