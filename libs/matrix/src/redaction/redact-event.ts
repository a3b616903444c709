import { emptyJsonObject, isJsonObject, type JsonObject, ownValue } from '../canonical-json/json-value.ts';
import type { RedactionRules, RoomVersionRules } from '../room-versions/rules.ts';

/** What a redaction leaves of an event in PDU form, `unsigned` not included. Room version pages, "Redactions". */
export function redactEvent(event: JsonObject, rules: RoomVersionRules): JsonObject {
  const { redaction } = rules;
  const redacted = emptyJsonObject();
  for (const key of Object.keys(event)) {
    const value = event[key];
    if (value !== undefined && redaction.topLevelKeys.has(key)) redacted[key] = value;
  }
  const type = ownValue(event, 'type');
  const content = ownValue(event, 'content');
  if (isJsonObject(content)) redacted['content'] = redactContent(typeof type === 'string' ? type : '', content, rules);
  return redacted;
}

/** What a redaction leaves of the content of an event of this type. */
export function redactContent(type: string, content: JsonObject, { redaction }: RoomVersionRules): JsonObject {
  const kept = redaction.contentKeys.get(type);
  if (kept === undefined) return emptyJsonObject();
  if (kept === 'all') return content;
  const redacted = emptyJsonObject();
  for (const key of kept) {
    const value = ownValue(content, key);
    if (value !== undefined) redacted[key] = value;
  }
  if (type === 'm.room.member') keepThirdPartyInviteSigned(content, redacted, redaction);
  return redacted;
}

function keepThirdPartyInviteSigned(content: JsonObject, redacted: JsonObject, redaction: RedactionRules): void {
  const invite = ownValue(content, 'third_party_invite');
  if (!redaction.keepsThirdPartyInviteSigned || !isJsonObject(invite)) return;
  const signed = ownValue(invite, 'signed');
  if (signed !== undefined) redacted['third_party_invite'] = Object.assign(emptyJsonObject(), { signed });
}
