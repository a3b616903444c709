import type { EventId } from '@plexus/matrix';
import { parseEventId } from '@plexus/matrix';
import { describe, expect, it } from 'vitest';
import { type HistoryPlace, type Neighbour, placeHistory, type UnplacedEvent } from './history-place.ts';

const id = (name: string): EventId => {
  const parsed = parseEventId(`$${name}`);
  if (parsed === undefined) throw new Error('the name makes no event id');
  return parsed;
};
const event = (name: string, depth: number, ...prevEvents: string[]): UnplacedEvent => ({
  eventId: id(name),
  depth,
  prevEvents: prevEvents.map(id),
});
const timeline = (position: number): Neighbour => ({ kind: 'timeline', position });
const history = (afterPosition: number, depth: number): Neighbour => ({
  kind: 'history',
  place: { afterPosition, depth },
});

function placed(
  events: readonly UnplacedEvent[],
  following: Record<string, readonly Neighbour[]> = {},
  previous: Record<string, Neighbour> = {},
): Record<string, HistoryPlace | undefined> {
  const keyed = <Value>(record: Record<string, Value>) =>
    new Map(Object.entries(record).map(([name, value]) => [id(name), value]));
  const places = placeHistory(events, { following: keyed(following), previous: keyed(previous) });
  return Object.fromEntries([...places].map(([eventId, place]) => [eventId.slice(1), place]));
}

describe('history', () => {
  it('stands right before what follows it in the timeline, by depth', () => {
    expect(placed([event('a', 1), event('b', 2, 'a')], { b: [timeline(7)] })).toEqual({
      a: { afterPosition: 6, depth: 1 },
      b: { afterPosition: 6, depth: 2 },
    });
  });

  it('goes on where earlier history ended', () => {
    expect(placed([event('a', 3)], { a: [history(6, 4)] })).toEqual({ a: { afterPosition: 6, depth: 3 } });
  });

  it('of two that follow it stands before the first', () => {
    expect(placed([event('a', 3)], { a: [timeline(20), timeline(9), history(30, 2)] })).toEqual({
      a: { afterPosition: 8, depth: 3 },
    });
  });

  it('keeps the order of the graph where depths lie', () => {
    const places = placed([event('a', 900), event('b', 5, 'a'), event('c', 2 ** 60, 'b')], { c: [history(6, 100)] });
    expect(places).toEqual({
      a: { afterPosition: 6, depth: 4 },
      b: { afterPosition: 6, depth: 5 },
      c: { afterPosition: 6, depth: 99 },
    });
    expect(placed([event('a', -7)], { a: [history(6, 0)] })).toEqual({ a: { afterPosition: 6, depth: 0 } });
  });

  it('that nothing follows stands after what it follows', () => {
    expect(placed([event('side', 3, 'old')], {}, { old: history(6, 2) })).toEqual({
      side: { afterPosition: 6, depth: 3 },
    });
    expect(placed([event('side', 3, 'new')], {}, { new: timeline(8) })).toEqual({
      side: { afterPosition: 8, depth: 3 },
    });
    const both = [event('a', 1), event('side', 1, 'a'), event('end', 1, 'side')];
    expect(placed(both, { a: [timeline(7)] })).toEqual({
      a: { afterPosition: 6, depth: 1 },
      side: { afterPosition: 6, depth: 2 },
      end: { afterPosition: 6, depth: 3 },
    });
  });

  it('that is connected to nothing stands before everything', () => {
    expect(placed([event('a', 12, 'unknown')])).toEqual({ a: { afterPosition: 0, depth: 12 } });
  });
});
