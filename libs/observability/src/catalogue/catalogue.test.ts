import { describe, expect, it, test } from 'vitest';
import { catalogue } from './catalogue.ts';

const metrics = Object.values(catalogue).flatMap((area) => Object.values(area));

test('every metric has a name of its own', () => {
  const names = metrics.map(({ name }) => name);
  expect(names.length).toBe(new Set(names).size);
});

describe.each(metrics)('$name', ({ name, type, labels, help }) => {
  it('is named as all are: plexus_, words, base units, _total for counters alone', () => {
    expect(name).toMatch(/^plexus(_[a-z0-9]+)+$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
    expect(name).not.toMatch(/_(ms|milliseconds|minutes|kb|mb|kilobytes|percent)(_|$)/);
  });

  it('says what it is, and its labels are no ids', () => {
    expect(help).toMatch(/^\S.{9,}[^.]$/);
    expect(
      labels.filter((label) => /user|room|event|device|address|url|host|destination|token|path$/.test(label)),
    ).toEqual([]);
  });
});
