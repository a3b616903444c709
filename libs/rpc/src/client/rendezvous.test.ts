import { expect, test } from 'vitest';
import { rendezvousOrder } from './rendezvous.ts';

const addresses = ['10.0.0.1:8081', '10.0.0.2:8081', '10.0.0.3:8081', '10.0.0.4:8081'];
const rooms = Array.from({ length: 10_000 }, (_, n) => `!${n}:example.org`);
const first = (room: string, of: readonly string[]) => of[rendezvousOrder(room, of)[0] ?? -1];

test('spreads keys evenly over addresses that differ in one digit', () => {
  for (const address of addresses) {
    const share = rooms.filter((room) => first(room, addresses) === address).length / rooms.length;
    expect(share).toBeGreaterThan(0.23);
    expect(share).toBeLessThan(0.27);
  }
});

test('when an address goes only its own keys move, and evenly', () => {
  const gone = addresses[1];
  const left = addresses.filter((address) => address !== gone);
  const moved = rooms.filter((room) => first(room, addresses) !== first(room, left));
  expect(moved).toEqual(rooms.filter((room) => first(room, addresses) === gone));
  for (const address of left) {
    const share = moved.filter((room) => first(room, left) === address).length / moved.length;
    expect(share).toBeGreaterThan(0.28);
  }
});

test('the order of the configuration does not matter', () => {
  const reversed = addresses.toReversed();
  for (const room of rooms.slice(0, 100)) expect(first(room, addresses)).toBe(first(room, reversed));
});
