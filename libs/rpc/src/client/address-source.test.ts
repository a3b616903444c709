import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { resolvedAddresses } from './address-source.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const quiet = () => {
  const warn = vi.fn();
  const log = { debug: () => {}, info: () => {}, warn, error: () => {}, child: () => log };
  return { log, warn };
};

test('a name stands for all its addresses, of both families, and is asked again', async () => {
  let answer = ['10.0.0.2', '10.0.0.1'];
  const source = resolvedAddresses(['a:81'], { ...quiet(), resolve: async () => answer });
  const changed = vi.fn();
  source.onChange(changed);
  await vi.advanceTimersByTimeAsync(0);
  expect(source.current).toEqual(['10.0.0.1:81', '10.0.0.2:81']);
  answer = ['fd00::1', '10.0.0.1'];
  await vi.advanceTimersByTimeAsync(3_000);
  expect(source.current).toEqual(['10.0.0.1:81', '[fd00::1]:81']);
  await vi.advanceTimersByTimeAsync(9_000);
  expect(changed).toHaveBeenCalledTimes(2);
  source.close();
});

test('what was known stays while a name does not resolve or has no address, with one word about it', async () => {
  const answers: (() => readonly string[])[] = [() => ['10.0.0.1'], () => []];
  const { log, warn } = quiet();
  const resolve = async () => {
    const answer = answers.shift();
    if (answer === undefined) throw new Error('ENOTFOUND');
    return answer();
  };
  const source = resolvedAddresses(['a:81'], { log, resolve });
  await vi.advanceTimersByTimeAsync(12_000);
  expect(source.current).toEqual(['10.0.0.1:81']);
  expect(warn).toHaveBeenCalledTimes(1);
  source.close();
});
