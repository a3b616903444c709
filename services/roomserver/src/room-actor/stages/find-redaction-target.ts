import { mayUserRedact, parsePdu, redactedPdu } from '@plexus/matrix';
import { eventKeyOf } from '../../domain/event-key.ts';
import { unfoldJson } from '../../domain/folded-json.ts';
import { selectRedactionTarget } from '../../storage/known-events.ts';
import type { Draft, StageContext, StageResult } from '../draft.ts';

/**
 * A user of this server redacts events that are known here, their own or, with the redact level, those of others. What is
 * left of the event is made here, so a redaction that is sent is in force. Client-Server API, "Redactions".
 */
export async function findRedactionTarget(draft: Draft, { queryable }: StageContext): Promise<StageResult> {
  const { command, room, roomId } = draft;
  if (command.type !== 'm.room.redaction' || command.redacts === undefined || roomId === undefined) return undefined;
  const key = eventKeyOf(command.redacts);
  const [row] = await queryable.query<{ event: number; folded_json: string; redacted: boolean }>(
    selectRedactionTarget,
    [room.room, key.head, key.tail],
  );
  const parsed = row === undefined ? undefined : parsePdu(unfoldJson(row.folded_json), room.rules);
  if (row === undefined || parsed?.ok !== true || parsed.value.pdu.eventId !== command.redacts)
    return { kind: 'refused', refusal: { kind: 'unknown_redaction_target' } };
  const target = parsed.value;
  const source = {
    create: room.at('m.room.create', '')?.pdu,
    powerLevels: room.at('m.room.power_levels', '')?.pdu,
    rules: room.rules,
  };
  if (!mayUserRedact({ sender: command.sender, roomId }, target.pdu, source))
    return { kind: 'refused', refusal: { kind: 'redaction_not_allowed' } };
  draft.redactionTarget = {
    event: row.event,
    eventId: command.redacts,
    redacted: row.redacted ? undefined : redactedPdu(target, room.rules),
    json: target.json,
  };
  return undefined;
}
