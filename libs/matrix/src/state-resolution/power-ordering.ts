import { compareCodePoints } from '../canonical-json/canonical-json.ts';
import type { Pdu } from '../events/pdu.ts';
import type { EventId } from '../identifiers/event-id.ts';
import type { Pace, Steps } from './steps.ts';

/** Smaller comes first. */
export type Comparison = (a: Pdu, b: Pdu) => number;

/** By time, then by id. */
export function compareAge(a: Pdu, b: Pdu): number {
  return a.originServerTs - b.originServerTs || compareCodePoints(a.eventId, b.eventId);
}

/**
 * The lexicographically smallest order of the events in which each comes after its auth_events: Kahn's algorithm, with the
 * smallest of those that could be next taken each time. Room version 2, "Reverse topological power ordering".
 */
export function* topologicalOrder(events: ReadonlyMap<EventId, Pdu>, compare: Comparison, pace: Pace): Steps<Pdu[]> {
  const waitingFor = new Map<EventId, number>();
  const citedBy = new Map<EventId, Pdu[]>();
  const ready = new Heap(compare);
  for (const event of events.values()) {
    const cited = countKnown(event, events, citedBy);
    waitingFor.set(event.eventId, cited);
    if (cited === 0) ready.push(event);
    if (pace.isTimeToYield(1)) yield;
  }
  const order: Pdu[] = [];
  for (let event = ready.pop(); event !== undefined; event = ready.pop()) {
    order.push(event);
    for (const citing of citedBy.get(event.eventId) ?? []) {
      const left = (waitingFor.get(citing.eventId) ?? 0) - 1;
      waitingFor.set(citing.eventId, left);
      if (left === 0) ready.push(citing);
      if (pace.isTimeToYield(1)) yield;
    }
    if (pace.isTimeToYield(1)) yield;
  }
  return order;
}

function countKnown(event: Pdu, events: ReadonlyMap<EventId, Pdu>, citedBy: Map<EventId, Pdu[]>): number {
  let known = 0;
  for (const [index, authEvent] of event.authEvents.entries()) {
    if (!events.has(authEvent) || event.authEvents.indexOf(authEvent) < index) continue;
    known++;
    const citing = citedBy.get(authEvent);
    if (citing === undefined) citedBy.set(authEvent, [event]);
    else citing.push(event);
  }
  return known;
}

/** A binary heap with the smallest event on top. */
class Heap {
  readonly #events: Pdu[] = [];
  readonly #compare: Comparison;

  constructor(compare: Comparison) {
    this.#compare = compare;
  }

  push(event: Pdu): void {
    let at = this.#events.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfSmaller(at, parent)) return;
      at = parent;
    }
  }

  pop(): Pdu | undefined {
    const top = this.#events[0];
    const last = this.#events.pop();
    if (last === undefined || this.#events.length === 0) return top;
    this.#events[0] = last;
    let at = 0;
    for (;;) {
      const child = this.#smallerChild(at);
      if (child === undefined || !this.#swapIfSmaller(child, at)) return top;
      at = child;
    }
  }

  #smallerChild(at: number): number | undefined {
    const left = this.#events[2 * at + 1];
    const right = this.#events[2 * at + 2];
    if (left === undefined) return undefined;
    return right !== undefined && this.#compare(right, left) < 0 ? 2 * at + 2 : 2 * at + 1;
  }

  /** Puts the lower event above the upper one when it is the smaller. */
  #swapIfSmaller(lower: number, upper: number): boolean {
    const a = this.#events[lower];
    const b = this.#events[upper];
    if (a === undefined || b === undefined || this.#compare(a, b) >= 0) return false;
    this.#events[lower] = b;
    this.#events[upper] = a;
    return true;
  }
}
