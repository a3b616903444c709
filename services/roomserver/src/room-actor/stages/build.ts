import { buildEvent, type EventId, type NewEvent } from '@plexus/matrix';
import type { Draft, StageContext, StageResult } from '../draft.ts';
import { referenceHashes } from '../reference-hashes.ts';

/** Builds, hashes and signs the event on the room's tip. */
export function build(draft: Draft, context: StageContext): StageResult | Promise<StageResult> {
  const { room } = draft;
  const { extremities } = room.tip;
  const authEvents = draft.authEventKeys.flatMap(([type, stateKey]) => room.at(type, stateKey) ?? []);
  const referred = {
    prevEvents: extremities.map(({ eventId }) => eventId),
    authEvents: authEvents.map(({ pdu }) => pdu.eventId),
  };
  if (draft.explicitId === undefined) return buildOn(draft, context, referred);
  const targets = [...extremities, ...authEvents.map(({ event, pdu }) => ({ event, eventId: pdu.eventId }))];
  return buildExplicit(draft, context, referred, { eventId: draft.explicitId, targets });
}

interface Referred {
  readonly prevEvents: readonly EventId[];
  readonly authEvents: readonly EventId[];
}

/** Room versions 1 and 2: with the id that was chosen and the reference hashes of what the event refers to. */
async function buildExplicit(
  draft: Draft,
  context: StageContext,
  referred: Referred,
  {
    eventId,
    targets,
  }: {
    readonly eventId: EventId;
    readonly targets: readonly { readonly event: number; readonly eventId: EventId }[];
  },
): Promise<StageResult> {
  const known = await referenceHashes(draft.room, targets, context.queryable);
  return buildOn(draft, context, referred, { eventId, referenceHashes: known });
}

function buildOn(
  draft: Draft,
  { clock, serverName, signingKey }: StageContext,
  { prevEvents, authEvents }: Referred,
  explicit?: NonNullable<NewEvent['explicit']>,
): StageResult {
  const { command, room } = draft;
  const built = buildEvent({
    rules: room.rules,
    roomId: draft.roomId,
    type: command.type,
    stateKey: command.stateKey,
    sender: command.sender,
    content: draft.content,
    prevEvents,
    authEvents,
    depth: Math.min(room.tip.depth + 1, Number.MAX_SAFE_INTEGER),
    originServerTs: command.originServerTs ?? clock.now(),
    redacts: command.redacts,
    origin: serverName,
    signingKey,
    ...(explicit !== undefined && { explicit }),
  });
  if (!built.ok) return { kind: 'refused', refusal: { kind: 'not_buildable', reason: built.error } };
  draft.built = built.value;
  return undefined;
}
