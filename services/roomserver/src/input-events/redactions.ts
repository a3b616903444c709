import { type EventId, mayRedact, type Pdu, parsePdu, redactedPdu } from '@plexus/matrix';
import type { RedactionRow } from '../committer/room-commit.ts';
import { eventKeyOf } from '../domain/event-key.ts';
import type { GatedEvent } from './input-event.ts';
import type { KnownEvent, KnownEvents } from './known-events.ts';
import type { SectionFacts } from './section-facts.ts';
import type { SectionRows } from './section-rows.ts';
import type { StatesOfEvents } from './states-of-events.ts';

export interface RedactionContext {
  readonly room: number;
  readonly known: KnownEvents;
  readonly states: StatesOfEvents;
  readonly rows: SectionRows;
  readonly arriving: SectionFacts['redactions'];
}

/**
 * What a redaction redacts, when that is known and the redaction allowed; one whose target is not known waits for it. Room version 3,
 * "Handling redactions".
 */
export async function redactTarget(
  redaction: KnownEvent,
  redacts: EventId,
  context: RedactionContext,
): Promise<{ readonly target: KnownEvent; readonly row: RedactionRow } | undefined> {
  const { known, rows, room } = context;
  await known.load([redacts]);
  const target = known.get(redacts);
  if (target === undefined) {
    rows.pendingRedactions.push({ target: eventKeyOf(redacts), event: redaction.event });
    return undefined;
  }
  if (target.room !== room || target.redactedBy !== undefined || !(await isAllowed(redaction, target.pdu, context)))
    return undefined;
  const left = redactedForm(target.json, known);
  const redacted: KnownEvent = { ...plain(target), redactedBy: redaction.event, ...left };
  known.addFresh(redacted, known.isStored(target.event));
  return {
    target: redacted,
    row: { event: target.event, redactedBy: redaction.event, json: left.json, original: target.json },
  };
}

/** What a redaction that was there first leaves of an event that arrives; undefined when there is none or it is not allowed. */
export async function redactedByWaiting(
  event: GatedEvent,
  context: RedactionContext,
): Promise<{ readonly event: GatedEvent; readonly redaction: KnownEvent } | undefined> {
  const { known, rows, arriving } = context;
  const key = eventKeyOf(event.pdu.eventId);
  const stored = arriving.get(key.head) ?? [];
  const waiting = [...stored, ...rows.takePendingRedactions(key)];
  if (stored.length > 0) rows.metRedactions.push(key);
  await known.loadNumbers(waiting);
  for (const number of waiting) {
    const redaction = known.at(number);
    if (await isAllowed(redaction, event.pdu, context)) return { event: redactedForm(event.json, known), redaction };
  }
  return undefined;
}

async function isAllowed(
  redaction: KnownEvent,
  target: Pdu,
  { states, known: { rules } }: RedactionContext,
): Promise<boolean> {
  const [create, powerLevels] = await Promise.all([
    states.at(redaction.snapshot, [['m.room.create', '']]),
    states.at(redaction.snapshot, [['m.room.power_levels', '']]),
  ]);
  return mayRedact(redaction.pdu, target, { create: create[0]?.pdu, powerLevels: powerLevels[0]?.pdu, rules });
}

function redactedForm(json: string, { rules }: KnownEvents): GatedEvent {
  const parsed = parsePdu(json, rules);
  if (!parsed.ok) throw new Error('a stored event is no event of its room version');
  const redacted = redactedPdu(parsed.value, rules);
  return { pdu: redacted.pdu, json: redacted.json };
}

/** Its properties as values: those of an event out of the tables are read when they are asked for. */
function plain({ event, eventId, room, snapshot, type, stateKey, inTimeline, verdict, rejected }: KnownEvent) {
  return { event, eventId, room, snapshot, type, stateKey, inTimeline, verdict, rejected };
}
