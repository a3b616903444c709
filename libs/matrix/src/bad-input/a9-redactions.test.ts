import { describe, expect, it } from 'vitest';
import { alice, bob, carol, judged, since, stateOf, versions } from '../../test/auth-fixtures.ts';
import { eventId, must, roomId, userId } from '../../test/event-fixtures.ts';
import { readEvent, wireEvent } from '../../test/wire-events.ts';
import { mayRedact } from '../auth-rules/may-redact.ts';
import { canonicalJson } from '../canonical-json/canonical-json.ts';
import type { JsonObject } from '../canonical-json/json-value.ts';
import { redactedPdu } from '../events/event-signatures.ts';
import { parsePdu } from '../events/parse-pdu.ts';
import { redactContent, redactEvent } from '../redaction/redact-event.ts';
import { rulesOf } from '../room-versions/room-versions.ts';
import type { RoomVersion } from '../room-versions/rules.ts';

const createContent = { creator: alice, room_version: '11', 'm.federate': false, predecessor: { room_id: '!a:b' } };

function redacted(version: RoomVersion, changes: JsonObject) {
  const parsed = parsePdu(JSON.stringify(wireEvent(version, changes)), rulesOf(version));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return { before: parsed.value, after: redactedPdu(parsed.value, rulesOf(version)) };
}

describe.each(versions)('A9 a redaction in room version %s', (version) => {
  const rules = rulesOf(version);
  const keepsAll = version === '11' || version === '12';

  it('of the create event leaves its creator, and its room version only where the rules say so', () => {
    const expected = keepsAll ? createContent : { creator: alice };
    expect({ ...redactContent('m.room.create', createContent, rules) }).toEqual(expected);
  });

  it('of power levels leaves who has which', () => {
    const content = { users: { [bob]: 50 }, ban: 1, kick: 2, redact: 3, invite: 4, notifications: { room: 5 }, x: 6 };
    const { notifications: _, x: __, invite, ...kept } = content;
    const expected = keepsAll ? { ...kept, invite } : kept;
    expect({ ...redactContent('m.room.power_levels', content, rules) }).toEqual(expected);
  });

  it('leaves the id, the hash that the id is, and the state as they were', () => {
    for (const changes of [
      {},
      { type: 'm.room.member', state_key: bob, content: { membership: 'join', displayname: 'B' } },
      { type: 'm.room.topic', state_key: '', content: { topic: 't' }, origin: 'one', membership: 'x', prev_state: [] },
      { type: 'm.room.redaction', redacts: '$a', content: { redacts: '$b', reason: 'r' } },
    ]) {
      const { before, after } = redacted(version, changes);
      expect(after.signedText).toBe(before.signedText);
      expect(after.pdu.eventId).toBe(before.pdu.eventId);
      expect([after.pdu.type, after.pdu.stateKey]).toEqual([before.pdu.type, before.pdu.stateKey]);
    }
    const { after } = redacted(version, { type: 'm.room.member', state_key: bob, content: { membership: 'join' } });
    expect({ ...after.pdu.content }).toEqual({ membership: 'join' });
  });

  it('done twice is done once', () => {
    const event = wireEvent(version, {
      type: 'm.room.create',
      state_key: '',
      content: createContent,
      unsigned: { a: 1 },
    });
    const once = redactEvent(event, rules);
    expect(canonicalJson(redactEvent(once, rules))).toBe(canonicalJson(once));
  });

  it('of what has no content, or a content that is none, is not a crash', () => {
    for (const content of [[], 'x', null, 1]) {
      expect(Object.keys(redactEvent({ type: 'm.room.member', content }, rules)).sort()).toEqual(['content', 'type']);
      expect(readEvent(version, { type: 'm.room.member', content })).toBe('content');
    }
    expect({ ...redactEvent({}, rules) }).toEqual({});
    expect(canonicalJson(redactEvent({ type: 1, content: { a: 1 } }, rules))).toBe('{"content":{},"type":1}');
  });

  it('may name itself, nothing, or what is no event', () => {
    for (const redacts of ['$own:one', 'x', 1, null, [], {}])
      expect(readEvent(version, { type: 'm.room.redaction', redacts, content: { redacts } })).toBe('ok');
    expect(readEvent(version, { type: 'm.room.redaction' })).toBe('ok');
    const itself = { type: 'm.room.redaction', eventId: eventId('$own:one'), redacts: eventId('$own:one') };
    expect(judged(version, carol, itself)).toBe('allowed');
  });
});

describe('A9 who may redact', () => {
  const target = (sender: string, room = '!room:one') => ({ sender: userId(sender), roomId: roomId(room) });
  const source = (version: RoomVersion) => ({
    create: must(stateOf(version)('m.room.create', '')),
    powerLevels: must(stateOf(version)('m.room.power_levels', '')),
    rules: rulesOf(version),
  });

  it.each(since('3'))("in room version %s is not a user of another server, for another's event", (version) => {
    expect(mayRedact(target(carol), target(bob), source(version))).toBe(false);
    expect(mayRedact(target(carol), target(carol), source(version))).toBe(true);
    expect(mayRedact(target(bob), target(carol), source(version))).toBe(true);
    expect(mayRedact(target(alice), target(carol), source(version))).toBe(true);
  });

  it.each(versions)('in room version %s is nobody for an event of another room', (version) => {
    for (const sender of [alice, bob, carol])
      expect(mayRedact(target(sender), target(sender, '!other:one'), source(version))).toBe(false);
  });

  it.each(since('3'))('in room version %s counts the level to redact even of who may not send its type', (version) => {
    const levels = { users: { [carol]: 50 }, redact: 50, events: { 'm.room.redaction': 100 } };
    const changes = { 'm.room.power_levels|': levels };
    expect(judged(version, carol, { type: 'm.room.redaction' }, changes)).toBe('insufficient_power');
    const powerLevels = must(stateOf(version, changes)('m.room.power_levels', ''));
    expect(mayRedact(target(carol), target(bob), { ...source(version), powerLevels })).toBe(true);
  });
});
