import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { advisoriesIn, allowedIn, packagesIn, problemsOf } from './advisories.ts';

const answer = {
  'a-parser': [
    {
      id: 1234,
      url: 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc',
      title: 'reads too far',
      severity: 'high',
      vulnerable_versions: '<2.0.1',
    },
  ],
};
const entry = {
  id: 'GHSA-aaaa-bbbb-cccc',
  package: 'a-parser',
  reason: 'only our own files are parsed',
  until: '2027-01-31',
};

test('packages are those of the SBOM, with every version, but for our own', () => {
  const purls = [
    'pkg:npm/a-parser@1.0.0',
    'pkg:npm/a-parser@2.0.0',
    'pkg:npm/%40scope/b@3.1.0',
    'pkg:npm/%40plexus/config@0.1.0',
  ];
  const packages = packagesIn({ components: purls.map((purl) => ({ purl })) });
  expect([...packages]).toEqual([
    ['a-parser', ['1.0.0', '2.0.0']],
    ['@scope/b', ['3.1.0']],
  ]);
});

describe('a release is kept back', () => {
  const problems = (allowed: readonly (typeof entry)[], today = '2026-12-01') =>
    problemsOf(advisoriesIn(answer), allowed, today);

  test('by an advisory that nobody has looked at', () => {
    expect(problems([])).toEqual(['a-parser <2.0.1: high, reads too far (GHSA-aaaa-bbbb-cccc)']);
  });

  test('not by one that is allowed with a reason, until its day', () => {
    expect(problems([entry])).toEqual([]);
    expect(problems([entry], '2027-02-01')).toEqual([expect.stringContaining('was allowed until 2027-01-31')]);
  });

  test('by an entry for something that is no longer reported, or for another package', () => {
    expect(problemsOf([], [entry], '2026-12-01')).toEqual([expect.stringContaining('no longer reported')]);
    expect(problems([{ ...entry, package: 'other' }])).toHaveLength(2);
  });
});

test('an entry without a reason or a day is refused, and the entries of the product have both', () => {
  const { reason: _, ...bare } = entry;
  expect(() => allowedIn({ allowed: [bare] })).toThrow('allowed[0].reason: is missing');
  expect(() => allowedIn({ allowed: [{ ...entry, until: 'soon' }] })).toThrow('allowed[0].until');
  const file = readFileSync(join(import.meta.dirname, '..', 'advisories.yaml'), 'utf8');
  expect(Array.isArray(allowedIn(parse(file)))).toBe(true);
});
