import type { Pdu } from '../events/pdu.ts';
import type { EventId } from '../identifiers/event-id.ts';
import { compareAge } from './power-ordering.ts';
import { type Pace, type Steps, sortInSteps } from './steps.ts';

/** The power levels event among an event's auth_events. */
export type PowerLevelsOf = (event: Pdu) => Pdu | undefined;

/** Orders events by how far back in the mainline of the resolved power levels they branch off. Room version 2, "Mainline ordering". */
export function* mainlineOrder(
  events: Iterable<Pdu>,
  resolved: Pdu | undefined,
  powerLevelsOf: PowerLevelsOf,
  pace: Pace,
): Steps<Pdu[]> {
  const positions = yield* mainlinePositions(resolved, powerLevelsOf, pace);
  const positioned: { event: Pdu; position: number }[] = [];
  for (const event of events)
    positioned.push({ event, position: yield* positionOf(event, positions, powerLevelsOf, pace) });
  const sorted = yield* sortInSteps(
    positioned,
    (a, b) => byPosition(a.position, b.position) || compareAge(a.event, b.event),
    pace,
  );
  return sorted.map(({ event }) => event);
}

/** Those furthest back come first, those that are on no branch of it at all before them. */
function byPosition(a: number, b: number): number {
  return a === b ? 0 : b - a;
}

function* mainlinePositions(
  resolved: Pdu | undefined,
  powerLevelsOf: PowerLevelsOf,
  pace: Pace,
): Steps<Map<EventId, number>> {
  const positions = new Map<EventId, number>();
  for (let event = resolved; event !== undefined && !positions.has(event.eventId); event = powerLevelsOf(event)) {
    positions.set(event.eventId, positions.size);
    if (pace.isTimeToYield(1)) yield;
  }
  return positions;
}

/** Notes the position of every power levels event passed on the way, so that no branch is walked twice. */
function* positionOf(
  start: Pdu,
  positions: Map<EventId, number>,
  powerLevelsOf: PowerLevelsOf,
  pace: Pace,
): Steps<number> {
  const passed = new Set<EventId>();
  let position = Number.POSITIVE_INFINITY;
  for (let event = powerLevelsOf(start); event !== undefined; event = powerLevelsOf(event)) {
    const known = positions.get(event.eventId);
    if (known !== undefined) position = known;
    if (known !== undefined || passed.has(event.eventId)) break;
    passed.add(event.eventId);
    if (pace.isTimeToYield(1)) yield;
  }
  for (const eventId of passed) positions.set(eventId, position);
  if (pace.isTimeToYield(1)) yield;
  return position;
}
