import { type BuiltEvent, ownValue } from '@plexus/matrix';
import type {
  EventRow,
  LogItem,
  MembershipRow,
  RedactionRow,
  RoomCommit,
  StateChangeRow,
} from '../../committer/room-commit.ts';
import { eventKeyOf } from '../../domain/event-key.ts';
import {
  eventEntry,
  redactedEntry,
  type StrippedSource,
  showsStrippedState,
  strippedStateKeys,
} from '../../domain/log-entry.ts';
import { membershipNumber } from '../../domain/membership.ts';
import type { Draft, StageContext, StageResult } from '../draft.ts';
import type { Tip } from '../live-room.ts';
import { rememberReferenceHash } from '../reference-hashes.ts';

/** Describes all that the command changes as rows and log entries, and moves the room's tip to the new event. */
export async function writeRows(draft: Draft, { names }: StageContext): Promise<StageResult> {
  const { room, command, built, event, stateWrite, replaced } = draft;
  if (built === undefined || event === undefined) throw new Error('the stages ran out of order');
  const numbers = await numbersOf(draft, names);
  const row: EventRow = {
    event,
    key: eventKeyOf(built.eventId),
    snapshotBefore: room.tip.snapshot,
    type: numbers.type,
    stateKey: numbers.stateKey,
    sender: numbers.sender,
    json: built.json,
    replaces: replaced?.event,
    previous: room.tip.extremities.length === 1 ? room.tip.extremities[0]?.event : undefined,
    deviceId: command.transaction?.deviceId,
    transactionId: command.transaction?.transactionId,
    transactionKey: draft.transactionKey,
    traceparent: command.traceparent,
  };
  const tip: Tip = {
    version: room.tip.version + 1,
    extremities: [{ event, eventId: built.eventId }],
    snapshot: stateWrite?.snapshot ?? room.tip.snapshot,
    depth: built.pdu.depth,
  };
  draft.commit = {
    room: room.room,
    expected: room.tip.version,
    head: { ...tip, extremities: [event] },
    created: undefined,
    events: [row],
    stateWrites: stateWrite === undefined ? [] : [stateWrite],
    ...currentStateRows(draft, numbers, event),
    redactions: redactionRows(draft, event),
    log: logItems(draft, built, event),
  };
  advance(draft, built, event, tip);
  return undefined;
}

interface Numbers {
  readonly type: number;
  readonly stateKey: number | undefined;
  readonly sender: number;
  /** Of the state key, for member events. */
  readonly target: number | undefined;
}

async function numbersOf({ command }: Draft, names: StageContext['names']): Promise<Numbers> {
  const { type, stateKey, sender } = command;
  return {
    type: names.cached('type', type) ?? (await names.number('type', type)),
    stateKey: stateKey === undefined ? undefined : await names.number('stateKey', stateKey),
    sender: names.cached('user', sender) ?? (await names.number('user', sender)),
    target: type === 'm.room.member' && stateKey !== undefined ? await names.number('user', stateKey) : undefined,
  };
}

function currentStateRows(
  { content }: Draft,
  { type, stateKey, target }: Numbers,
  event: number,
): Pick<RoomCommit, 'state' | 'memberships'> {
  const state: StateChangeRow[] = [];
  const memberships: MembershipRow[] = [];
  if (target !== undefined) {
    const membership = ownValue(content, 'membership');
    const number = typeof membership === 'string' ? membershipNumber(membership) : undefined;
    if (number === undefined) throw new Error('a member event without a membership passed the auth rules');
    memberships.push({ user: target, membership: number, event });
  } else if (stateKey !== undefined) state.push({ type, stateKey, event });
  return { state, memberships };
}

function redactionRows({ redactionTarget }: Draft, event: number): RedactionRow[] {
  if (redactionTarget?.redacted === undefined) return [];
  return [
    {
      event: redactionTarget.event,
      redactedBy: event,
      json: redactionTarget.redacted.json,
      original: redactionTarget.json,
    },
  ];
}

function logItems(draft: Draft, built: BuiltEvent, event: number): LogItem[] {
  const { room, command, replaced, redactionTarget } = draft;
  const { pdu } = built;
  const { traceparent } = command;
  const entry = eventEntry({
    ...pdu,
    roomVersion: room.rules.version,
    json: built.json,
    replaced: replaced?.pdu,
    deviceId: command.transaction?.deviceId,
    transactionId: command.transaction?.transactionId,
    strippedState: showsStrippedState(pdu.type, pdu.content) ? strippedSources(draft) : [],
  });
  const items: LogItem[] = [{ kind: 'event', event, traceparent, entry }];
  if (redactionTarget?.redacted !== undefined)
    items.push({
      kind: 'redacted',
      event: redactionTarget.event,
      cause: event,
      traceparent,
      entry: redactedEntry({
        roomId: pdu.roomId,
        eventId: redactionTarget.eventId,
        redactionEventId: built.eventId,
        json: redactionTarget.redacted.json,
      }),
    });
  return items;
}

function strippedSources({ room, command }: Draft): StrippedSource[] {
  return strippedStateKeys(command.sender).flatMap(([type, stateKey]) => room.at(type, stateKey)?.pdu ?? []);
}

function advance(draft: Draft, built: BuiltEvent, event: number, tip: Tip): void {
  const { room, command, redactionTarget } = draft;
  room.tip = tip;
  rememberReferenceHash(room, built.json);
  if (redactionTarget?.redacted !== undefined)
    room.redact({ event: redactionTarget.event, pdu: redactionTarget.redacted.pdu });
  if (draft.transactionKey !== undefined) room.transactions.set(draft.transactionKey, built.eventId);
  if (command.stateKey !== undefined) room.change([command.type, command.stateKey], { event, pdu: built.pdu });
}
