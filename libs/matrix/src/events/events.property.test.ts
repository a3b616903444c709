import { describe, expect, it } from 'vitest';
import { versions } from '../../test/auth-fixtures.ts';
import { eventId, must, newEvent, roomId, serverName, signingKey } from '../../test/event-fixtures.ts';
import { caseTimeout, forCases, type Random } from '../../test/random.ts';
import { randomJsonText, randomText, randomValue } from '../../test/random-json.ts';
import { wireEvent } from '../../test/wire-events.ts';
import { canonicalJson } from '../canonical-json/canonical-json.ts';
import { emptyJsonObject, isJsonObject, type JsonObject } from '../canonical-json/json-value.ts';
import { redactEvent } from '../redaction/redact-event.ts';
import { rulesOf } from '../room-versions/room-versions.ts';
import type { RoomVersion } from '../room-versions/rules.ts';
import { buildEvent } from './build-event.ts';
import { redactedPdu, requiredSigners, verifyEventSignature } from './event-signatures.ts';
import { contentHash, hasValidContentHash, sha256 } from './hashes.ts';
import { parsePdu } from './parse-pdu.ts';

/** What comes after the create event. */
const laterTypes = [
  'm.room.member',
  'm.room.power_levels',
  'm.room.join_rules',
  'm.room.redaction',
  'm.room.aliases',
  'm.room.history_visibility',
  'm.room.message',
] as const;
const types = ['m.room.create', ...laterTypes] as const;
const contentKeys = [
  'membership',
  'creator',
  'join_rule',
  'allow',
  'users',
  'invite',
  'aliases',
  'redacts',
  'third_party_invite',
  'join_authorised_via_users_server',
  'body',
] as const;
const topLevelKeys = [
  ...['type', 'room_id', 'sender', 'content', 'prev_events', 'auth_events', 'depth', 'origin_server_ts', 'hashes'],
  ...['signatures', 'state_key', 'unsigned', 'redacts', 'event_id', 'origin', 'membership', 'prev_state', 'x'],
];

function randomContent(random: Random): JsonObject {
  const content = emptyJsonObject();
  for (let i = random.below(5); i > 0; i--) content[random.oneOf(contentKeys)] = randomValue(random, 2);
  if (random.isOneIn(4)) content[randomText(random)] = randomValue(random, 1);
  if (random.isOneIn(4)) content['third_party_invite'] = { signed: randomValue(random, 1), display_name: 'x' };
  return content;
}

/** Anything that has the shape of an event now and then. */
function randomEvent(version: RoomVersion, random: Random): JsonObject {
  const changes: JsonObject = { type: random.oneOf(types), content: randomContent(random) };
  if (random.isOneIn(2)) changes['state_key'] = randomText(random);
  for (let i = random.below(3); i > 0; i--)
    changes[topLevelKeys[random.below(topLevelKeys.length)] ?? 'x'] = randomValue(random, 2);
  return wireEvent(version, changes);
}

function assertSame(actual: string, expected: string): void {
  if (actual !== expected) expect(actual).toBe(expected);
}

describe('events', () => {
  it('are redacted once and for all, and stay what they are called', { timeout: caseTimeout }, () => {
    forCases((random) => {
      const version = random.oneOf<RoomVersion>(['1', ...versions]);
      const rules = rulesOf(version);
      const event = randomEvent(version, random);
      const once = redactEvent(event, rules);
      assertSame(canonicalJson(redactEvent(once, rules)), canonicalJson(once));
      if (!random.isOneIn(4)) return;
      const parsed = parsePdu(JSON.stringify(event), rules);
      if (!parsed.ok) return;
      const redacted = redactedPdu(parsed.value, rules);
      assertSame(redacted.pdu.eventId, parsed.value.pdu.eventId);
      assertSame(redacted.signedText, parsed.value.signedText);
      const { unsigned: _, ...kept } = once;
      assertSame(redacted.json, canonicalJson(kept));
    });
  });

  it('are read or refused with a reason, whatever stands in them', { timeout: caseTimeout }, () => {
    let read = 0;
    forCases((random) => {
      const rules = rulesOf(random.oneOf<RoomVersion>(['1', ...versions]));
      const text = random.isOneIn(8)
        ? randomJsonText(random)
        : JSON.stringify(randomEvent(rules.version, random)).replace('null', () => randomJsonText(random, 2));
      const parsed = parsePdu(text, rules);
      if (!parsed.ok) return;
      read++;
      assertSame(parsed.value.json, canonicalJson(parsed.value.object));
      requiredSigners(parsed.value, rules);
      hasValidContentHash(parsed.value.object);
    });
    expect(read).toBeGreaterThan(0);
  });

  it('that are built read back with right hashes and signatures, which no change keeps', {
    timeout: caseTimeout,
  }, () => {
    const ids = ['$prev', '$create', '$power', '$member'].map(eventId);
    const explicit = { eventId: eventId('$own:domain'), referenceHashes: new Map(ids.map((id) => [id, sha256(id)])) };
    forCases((random) => {
      const rules = rulesOf(random.oneOf<RoomVersion>(['1', ...versions]));
      const event = newEvent(
        {
          rules,
          type: random.oneOf(laterTypes),
          roomId: roomId(rules.roomIdIsCreateEventHash ? `!${'A'.repeat(43)}` : '!room:domain'),
          ...(rules.eventIds === 'explicit' ? { explicit } : {}),
          stateKey: random.isOneIn(2) ? randomText(random).replaceAll('\0', '') : undefined,
        },
        randomContent(random),
      );
      const built = buildEvent(event);
      if (!built.ok) throw new Error(built.error);
      const parsed = parsePdu(built.value.json, rules);
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
      assertSame(parsed.value.json, built.value.json);
      assertSame(parsed.value.pdu.eventId, built.value.eventId);
      const isSigned = (each: typeof parsed.value) =>
        verifyEventSignature(each, serverName('domain'), signingKey.keyId, signingKey.publicKey);
      if (!hasValidContentHash(parsed.value.object) || !isSigned(parsed.value)) throw new Error('not as it was built');
      const key = random.oneOf(['depth', 'origin_server_ts', 'sender', 'prev_events', 'hashes', 'content'] as const);
      const changed = parsePdu(JSON.stringify(changedAt(parsed.value.object, key)), rules);
      if (!changed.ok) throw new Error(JSON.stringify(changed.error));
      const hashIsWrong = !hasValidContentHash(changed.value.object);
      if (!hashIsWrong || (key !== 'content' && isSigned(changed.value))) throw new Error(`${key} could be changed`);
    }, 1 / 25);
  });
});

function changedAt(event: JsonObject, key: string): JsonObject {
  const { content, hashes } = event;
  switch (key) {
    case 'sender':
      return { ...event, sender: '@mallory:domain' };
    case 'prev_events':
      return { ...event, prev_events: [] };
    case 'hashes':
      return { ...event, hashes: { ...(isJsonObject(hashes) ? hashes : {}), sha256: contentHash({ content: 1 }) } };
    case 'content':
      return { ...event, content: { ...(isJsonObject(content) ? content : {}), 'org.example.more': 1 } };
    default:
      return { ...event, [key]: must(8) };
  }
}
