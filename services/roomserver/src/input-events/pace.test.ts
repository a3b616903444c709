import { parseServerName, type ServerName } from '@plexus/matrix';
import { describe, expect, it } from 'vitest';
import { Paces } from './pace.ts';

/** A clock that work and sleep move on. */
class Time {
  at = 0;
  slept = 0;
  now = () => this.at;
  sleep = async (ms: number) => {
    this.slept += ms;
    this.at += ms;
  };
  /** Steps of a millisecond each. */
  *work(ms: number) {
    for (let done = 0; done < ms; done++) {
      this.at++;
      yield;
    }
  }
}

const server = (name: string): ServerName => {
  const parsed = parseServerName(name);
  if (parsed === undefined) throw new Error(`${name} is no server name`);
  return parsed;
};
const one = server('one.example');
const two = server('two.example');

describe('the pace of the work for a server', () => {
  it('is full for as much as ordinary disagreements take', async () => {
    const time = new Time();
    await new Paces(time).of(one).inSlices(time.work(500));
    expect(time.slept).toBe(0);
  });

  it('is a fifth of the time for more than that', async () => {
    const time = new Time();
    await new Paces(time).of(one).inSlices(time.work(11_000));
    expect(time.at).toBeGreaterThan(51_000);
    expect(time.at).toBeLessThan(54_000);
  });

  it('is full again after a rest', async () => {
    const time = new Time();
    const paces = new Paces(time);
    await paces.of(one).inSlices(time.work(3_000));
    time.at += 2_500;
    const before = time.slept;
    await paces.of(one).inSlices(time.work(450));
    expect(time.slept).toBe(before);
  });

  it('is its own: what one server has done slows down no other', async () => {
    const time = new Time();
    const paces = new Paces(time);
    await paces.of(one).inSlices(time.work(3_000));
    const before = time.slept;
    await paces.of(two).inSlices(time.work(450));
    expect(time.slept).toBe(before);
  });

  it('is slower where several are slowed down: together they have that fifth', async () => {
    const time = new Time();
    const sleeps: number[] = [];
    const wake: (() => void)[] = [];
    const paces = new Paces({
      now: time.now,
      sleep: (ms) => {
        sleeps.push(ms);
        return new Promise((resolve) => wake.push(resolve));
      },
    });
    const spent = (name: ServerName) => paces.of(name).othersTurn(510);
    const both = Promise.all([spent(one), spent(two)]);
    expect(sleeps).toEqual([50, 100]);
    for (const resolve of wake) resolve();
    await both;
  });
});
