import type { EventId } from '@plexus/matrix';
import type { InputEvent } from './input-event.ts';

/**
 * The events, each after all of them that it refers to: auth events, prev events, and the state that was told of. Whatever order they came in,
 * it is the same. Of references in a circle, which only ids of the sender's own making allow, one is left as if it were not there.
 */
export function inInputOrder(inputs: readonly InputEvent[]): InputEvent[] {
  const byId = new Map(inputs.map((input) => [input.event.pdu.eventId, input]));
  const sorted = inputs.toSorted(byDepth);
  const order: InputEvent[] = [];
  const entered = new Set<EventId>();
  for (const root of sorted) {
    const path: { readonly input: InputEvent; readonly references: EventId[] }[] = [];
    const enter = (input: InputEvent | undefined) => {
      if (input === undefined || entered.has(input.event.pdu.eventId)) return;
      entered.add(input.event.pdu.eventId);
      path.push({ input, references: referencesOf(input) });
    };
    enter(root);
    for (let last = path.at(-1); last !== undefined; last = path.at(-1)) {
      const next = last.references.pop();
      if (next !== undefined) enter(byId.get(next));
      else order.push(...path.splice(-1).map(({ input }) => input));
    }
  }
  return order;
}

function referencesOf({ event: { pdu }, placement }: InputEvent): EventId[] {
  const state = placement.kind === 'after_gap' ? placement.state : [];
  const prevEvents = placement.kind === 'outlier' ? [] : pdu.prevEvents;
  return [...pdu.authEvents, ...prevEvents, ...state].sort();
}

/** The create event first: in room version 12 nothing cites it, and everything needs it. */
function byDepth({ event: { pdu: a } }: InputEvent, { event: { pdu: b } }: InputEvent): number {
  const creates = Number(b.type === 'm.room.create') - Number(a.type === 'm.room.create');
  if (creates !== 0) return creates;
  if (a.depth !== b.depth) return a.depth - b.depth;
  return a.eventId < b.eventId ? -1 : Number(a.eventId > b.eventId);
}
