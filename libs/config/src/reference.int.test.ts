import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { descriptions } from './descriptions.ts';
import { configurationKeys, configurationReference } from './reference.ts';

describe('the reference of the configuration', () => {
  test('describes every key', () => {
    const keys = configurationKeys();
    expect(keys.length).toBeGreaterThan(100);
    expect(keys.filter(({ description }) => description === undefined).map(({ path }) => path)).toEqual([]);
  });

  test('describes no key that there is not', () => {
    const paths = configurationKeys().map(({ path }) => path);
    const isOfNone = (pattern: string) => {
      const source = pattern.replaceAll(/[.[\]]/g, '\\$&').replaceAll('*', '[A-Za-z]+');
      return !paths.some((path) => new RegExp(`^${source}$`).test(path));
    };
    expect(Object.keys(descriptions).filter(isOfNone)).toEqual([]);
  });

  test('is the page of the guide: ./plexus config reference > docs/operators/configuration.md', () => {
    const page = readFileSync(new URL('../../../docs/operators/configuration.md', import.meta.url), 'utf8');
    expect(page).toBe(configurationReference());
  });
});
