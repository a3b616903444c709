import {
  checkEventSignatures,
  type EventId,
  hasValidContentHash,
  type ParsedPdu,
  parsePdu,
  type RoomId,
  type RoomVersionRules,
  redactedPdu,
  requiredSigners,
  type ServerName,
  signingKeyIds,
} from '@plexus/matrix';
import type { Clock } from '@plexus/observability';
import { mapInSlices } from './in-slices.ts';
import type { GatedEvent, GateRefusal } from './input-event.ts';
import type { ServerKey, ServerKeyQuery, ServerKeys } from './remote-events.ts';

/** What the gate says of a text. */
export type GateAnswer =
  | { readonly kind: 'passed'; readonly event: GatedEvent }
  | { readonly kind: 'refused'; readonly eventId: EventId | undefined; readonly reason: GateRefusal };

export interface GateOptions {
  readonly keys: ServerKeys;
  readonly clock: Clock;
}

/** White space is not canonical and free; this much of it is not an event any more. */
const MAX_TEXT_LENGTH = 512 * 1024;

/**
 * The one way for events of other servers, whatever brought them: form and size by the rules of the room's version, signatures of all servers
 * that must have signed, by keys that were valid; an event whose content hash is wrong goes on as its redacted copy. Server-Server API,
 * "Checks performed on receipt of a PDU", steps 1 to 3. The keys of all events are asked for at once; the work is done in slices.
 */
export async function passGate(
  texts: readonly string[],
  room: { readonly roomId: RoomId; readonly rules: RoomVersionRules },
  { keys, clock }: GateOptions,
): Promise<GateAnswer[]> {
  const now = () => clock.monotonic();
  const read = await mapInSlices(texts, (text) => readEvent(text, room), now);
  const events = read.flatMap((each) => (each.kind === 'read' ? [each.event] : []));
  const queries = queriesFor(events, room.rules);
  const checkedAt = clock.now();
  const judge = (ring: KeyRing) =>
    mapInSlices(read, (each) => (each.kind === 'read' ? check(each.event, ring, room.rules, checkedAt) : each), now);
  const answers = await judge(ringOf(queries.length === 0 ? [] : await keys.getServerKeys(queries)));
  const doubted = doubtedKeys(read, answers, queries);
  if (doubted.length === 0) return answers;
  return judge(
    ringOf(await keys.getServerKeys(queries.map((query) => ({ ...query, refresh: doubted.includes(query) })))),
  );
}

/**
 * The queries for keys by which signatures were wrong. A server that was installed anew signs with another key of the same id, so its
 * keys are fetched once more before its events are refused.
 */
function doubtedKeys(
  read: readonly ReadEvent[],
  answers: readonly GateAnswer[],
  queries: readonly ServerKeyQuery[],
): ServerKeyQuery[] {
  const signed = new Set<string>();
  for (const [index, answer] of answers.entries()) {
    const each = read[index];
    if (each?.kind !== 'read' || answer.kind !== 'refused' || answer.reason !== 'invalid_signature') continue;
    const { object } = each.event;
    for (const { serverName, keyIds } of queries)
      if (signingKeyIds(object, serverName).some((keyId) => keyIds.includes(keyId))) signed.add(serverName);
  }
  return queries.filter(({ serverName }) => signed.has(serverName));
}

type ReadEvent = { readonly kind: 'read'; readonly event: ParsedPdu } | Extract<GateAnswer, { kind: 'refused' }>;

function readEvent(
  text: string,
  { roomId, rules }: { readonly roomId: RoomId; readonly rules: RoomVersionRules },
): ReadEvent {
  if (text.length > MAX_TEXT_LENGTH) return refused(undefined, 'event_too_large');
  const parsed = parsePdu(text, rules);
  if (!parsed.ok) return refused(undefined, parsed.error.code);
  const { pdu } = parsed.value;
  if (pdu.roomId !== roomId) return refused(pdu.eventId, 'wrong_room');
  return { kind: 'read', event: parsed.value };
}

function check(event: ParsedPdu, ring: KeyRing, rules: RoomVersionRules, now: number): GateAnswer {
  const keysOf = (signer: ServerName, keyId: string) => ring.get(`${signer} ${keyId}`) ?? [];
  const verdict = checkEventSignatures(event, rules, keysOf, now);
  if (verdict !== 'verified') return refused(event.pdu.eventId, verdict);
  const passed = hasValidContentHash(event.object) ? event : redactedPdu(event, rules);
  return { kind: 'passed', event: { pdu: passed.pdu, json: passed.json } };
}

type KeyRing = ReadonlyMap<string, readonly ServerKey[]>;

function ringOf(keys: readonly ServerKey[]): KeyRing {
  return Map.groupBy(keys, ({ serverName, keyId }) => `${serverName} ${keyId}`);
}

/** For each key the earliest and the latest time for which it is needed: what is valid at both has been all the time. */
function queriesFor(events: readonly ParsedPdu[], rules: RoomVersionRules): ServerKeyQuery[] {
  const times = new Map<string, { serverName: ServerName; keyId: string; first: number; last: number }>();
  for (const event of events) {
    const at = rules.enforcesKeyValidity ? event.pdu.originServerTs : 0;
    for (const serverName of requiredSigners(event, rules)) {
      for (const keyId of signingKeyIds(event.object, serverName).slice(0, MAX_KEYS_OF_SIGNER)) {
        const known = times.get(`${serverName} ${keyId}`) ?? { serverName, keyId, first: at, last: at };
        known.first = Math.min(known.first, at);
        known.last = Math.max(known.last, at);
        times.set(`${serverName} ${keyId}`, known);
      }
    }
  }
  return [...times.values()].flatMap(({ serverName, keyId, first, last }) =>
    [...new Set([first, last])].map((validAt) => ({ serverName, keyIds: [keyId], validAt })),
  );
}

/** Servers sign by one key, while they change it by two. */
const MAX_KEYS_OF_SIGNER = 8;

function refused(eventId: EventId | undefined, reason: GateRefusal): Extract<GateAnswer, { kind: 'refused' }> {
  return { kind: 'refused', eventId, reason };
}
