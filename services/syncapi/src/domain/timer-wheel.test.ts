import { expect, it } from 'vitest';
import { TimerWheel } from './timer-wheel.ts';

function wheel() {
  const state = { now: 1000, turn: undefined as (() => void) | undefined, at: 0, turns: 0, expired: [] as string[] };
  const timer = new TimerWheel(
    50,
    () => state.now,
    (turn, inMs) => {
      Object.assign(state, { turn, at: state.now + inMs });
      return () => {
        state.turn = undefined;
      };
    },
  );
  const entry = (name: string, inMs: number) => ({
    dueAt: state.now + inMs,
    expire: () => void state.expired.push(name),
  });
  const fire = () => {
    const { turn } = state;
    if (turn === undefined || state.now < state.at) return;
    state.turn = undefined;
    state.turns += 1;
    turn();
  };
  const pass = (ms: number) => {
    for (let passed = 0; passed < ms; passed += 50) {
      state.now += 50;
      fire();
    }
  };
  return { state, timer, entry, pass, fire };
}

it('expires entries at their time, never before, at most one tick after', () => {
  const { state, timer, entry, pass } = wheel();
  timer.add(entry('late', 120));
  timer.add(entry('early', 50));
  pass(50);
  expect(state.expired).toEqual(['early']);
  pass(50);
  expect(state.expired).toEqual(['early']);
  pass(50);
  expect(state.expired).toEqual(['early', 'late']);
});

it('runs no timer while nothing waits', () => {
  const { state, timer, entry, pass } = wheel();
  expect(state.turn).toBeUndefined();
  const removed = entry('removed', 100);
  timer.add(removed);
  expect(state.turn).toBeDefined();
  timer.remove(removed);
  timer.remove(removed);
  expect(timer.size).toBe(0);
  expect(state.turn).toBeUndefined();
  timer.add(entry('again', 50));
  pass(100);
  expect(state.expired).toEqual(['again']);
  expect(state.turn).toBeUndefined();
});

it('catches up after the event loop was blocked', () => {
  const { state, timer, entry, fire } = wheel();
  timer.add(entry('a', 60));
  timer.add(entry('b', 260));
  state.now += 5000;
  fire();
  expect(state.expired).toEqual(['a', 'b']);
});

it('expires an entry that is due already at the next turn', () => {
  const { state, timer, entry, pass } = wheel();
  timer.add(entry('first', 500));
  pass(200);
  timer.add(entry('due', 0));
  pass(50);
  expect(state.expired).toEqual(['due']);
});

it('turns when something is due, not at every tick', () => {
  const { state, timer, entry, pass } = wheel();
  const removed = entry('removed', 1000);
  timer.add(removed);
  timer.add(entry('a', 20_000));
  timer.remove(removed);
  timer.add(entry('b', 30_000));
  pass(40_000);
  expect([state.expired, state.turns, state.turn]).toEqual([['a', 'b'], 3, undefined]);
});

it('expires everything when the process drains', () => {
  const { state, timer, entry } = wheel();
  timer.add(entry('a', 60));
  timer.add(entry('b', 30_000));
  timer.expireAll();
  expect(state.expired.sort()).toEqual(['a', 'b']);
  expect(timer.size).toBe(0);
});
