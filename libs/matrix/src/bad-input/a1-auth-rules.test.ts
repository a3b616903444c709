import { describe, expect, it } from 'vitest';
import { alice, bob, carol, earlierThan, judged, member, since, versions } from '../../test/auth-fixtures.ts';
import { readEvent } from '../../test/wire-events.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../canonical-json/json-value.ts';
import { RawNumber } from '../canonical-json/raw-number.ts';
import type { RoomVersion } from '../room-versions/rules.ts';

/** A way to write a level, what it means where it means anything, and the versions in which it does. */
const written: { value: JsonValue; level?: number; in: RoomVersion[] }[] = [
  { value: 50, level: 50, in: versions },
  { value: 0, level: 0, in: versions },
  { value: -50, level: -50, in: versions },
  { value: Number.MAX_SAFE_INTEGER, level: Number.MAX_SAFE_INTEGER, in: versions },
  { value: '50', level: 50, in: earlierThan('10') },
  { value: '+50', level: 50, in: earlierThan('10') },
  { value: ' 050\t', level: 50, in: earlierThan('10') },
  { value: '-1', level: -1, in: earlierThan('10') },
  { value: new RawNumber('50.9'), level: 50, in: earlierThan('6') },
  { value: new RawNumber('5e1'), level: 50, in: earlierThan('6') },
  { value: new RawNumber('-0.5'), level: 0, in: earlierThan('6') },
  { value: new RawNumber('1e400'), in: [] },
  { value: '50.0', in: [] },
  { value: '5e1', in: [] },
  { value: '', in: [] },
  { value: ' ', in: [] },
  { value: '+', in: [] },
  { value: '١', in: [] },
  { value: '0x32', in: [] },
  { value: '1_0', in: [] },
  { value: 'Infinity', in: [] },
  { value: '9'.repeat(400), in: [] },
  { value: null, in: [] },
  { value: true, in: [] },
  { value: [], in: [] },
  { value: [50], in: [] },
  { value: {}, in: [] },
];

const cases = written.flatMap(({ value, level, in: known }) =>
  versions.map((version) => ({ value, version, level: known.includes(version) ? level : undefined })),
);

/** Alice, above everybody, sends power levels with this content. */
function sent(version: RoomVersion, content: JsonObject): string {
  const own = version === '12' ? {} : { [alice]: Number.MAX_SAFE_INTEGER };
  const users = content['users'] ?? {};
  const full = { ...content, users: isJsonObject(users) ? { ...own, ...users } : users };
  return judged(
    version,
    alice,
    { type: 'm.room.power_levels', stateKey: '', content: full },
    {
      'm.room.power_levels|': { users: own },
    },
  );
}

describe.each(cases)('A1 a level written $value in room version $version', ({ value, version, level }) => {
  const expected = level === undefined ? 'invalid_power_levels' : 'allowed';

  it('is refused or accepted alike wherever levels stand', () => {
    for (const key of ['users_default', 'events_default', 'state_default', 'ban', 'redact', 'kick', 'invite'])
      expect(sent(version, { [key]: value })).toBe(expected);
    expect(sent(version, { events: { a: value } })).toBe(expected);
    expect(sent(version, { users: { [bob]: value } })).toBe(expected);
    const ofNotifications = earlierThan('6').includes(version) ? 'allowed' : expected;
    expect(sent(version, { notifications: { room: value } })).toBe(ofNotifications);
  });

  it('means what it says', () => {
    if (level === undefined) return;
    const levels = (content: JsonObject) => ({ 'm.room.power_levels|': content });
    const may = (users: number, content: JsonObject, event = {}) =>
      judged(version, carol, event, levels({ users: { [carol]: users }, ...content })) === 'allowed';
    const around = [level - 1, level, level + 1].filter(Number.isSafeInteger);
    for (const own of around) {
      expect(may(own, { events_default: value })).toBe(own >= level);
      expect(may(own, { state_default: value }, { type: 'a', stateKey: '' })).toBe(own >= level);
      expect(may(own, { events: { a: value }, events_default: 0 }, { type: 'a' })).toBe(own >= level);
      expect(may(own, { invite: value }, member('@eve:one', 'invite'))).toBe(own >= level);
      const ranked = { users: { [bob]: value, [carol]: own }, ban: -100, kick: -100 };
      expect(judged(version, carol, member(bob, 'ban'), levels(ranked)) === 'allowed').toBe(own > level);
      expect(judged(version, carol, member(bob, 'leave'), levels(ranked)) === 'allowed').toBe(own > level);
      const required = { users: { [bob]: value }, ban: own, users_default: -100 };
      expect(judged(version, bob, member(carol, 'ban'), levels(required)) === 'allowed').toBe(
        level >= own && level > -100,
      );
    }
  });
});

describe.each(versions)('A1 in room version %s', (version) => {
  it.each([
    'bob',
    '@bob',
    'bob:one',
    '@bob:',
    '@bob:o ne',
    '@bob:one:two',
    '',
    '@',
    '@bob:one\0',
    `@${'b'.repeat(255)}:one`,
  ])('power levels of the user %j are refused', (name) =>
    expect(sent(version, { users: { [name]: 1 } })).toBe('invalid_power_levels'),
  );

  it.each(['@bob:one', '@Bob Smith:one', '@é:one', '@:one', '@bob:[::1]:1'])(
    'power levels of %j are accepted',
    (name) => expect(sent(version, { users: { [name]: 1 } })).toBe('allowed'),
  );

  it('a level that cannot be read counts as the default, not as nothing', () => {
    const odd = (content: JsonObject) => ({ 'm.room.power_levels|': { users: { [bob]: 50 }, ...content } });
    for (const value of [null, 'x', [], {}, true] satisfies JsonValue[]) {
      expect(judged(version, carol, { type: 'a', stateKey: '' }, odd({ state_default: value }))).toBe(
        'insufficient_power',
      );
      expect(judged(version, carol, {}, odd({ events_default: value }))).toBe('allowed');
      expect(judged(version, carol, member(bob, 'ban'), odd({ ban: value }))).toBe('insufficient_power');
      expect(judged(version, bob, member(carol, 'ban'), odd({ ban: value }))).toBe('allowed');
      expect(judged(version, carol, { type: 'a' }, odd({ events: { a: value }, events_default: 1 }))).toBe(
        'insufficient_power',
      );
      expect(judged(version, carol, { type: 'a', stateKey: '' }, odd({ users: { [carol]: value } }))).toBe(
        'insufficient_power',
      );
      expect(judged(version, carol, { type: 'a', stateKey: '' }, odd({ users: value, users_default: 0 }))).toBe(
        'insufficient_power',
      );
    }
  });
});

describe('A1 levels beyond what a number holds', () => {
  it('are in no event since room version 6', () => {
    for (const version of since('6'))
      for (const lexeme of ['9007199254740992', '1e3', '50.0'])
        expect(readEvent(version, { type: 'm.room.power_levels', content: { ban: '@' } }, lexeme)).toBe('invalid_json');
  });
});
