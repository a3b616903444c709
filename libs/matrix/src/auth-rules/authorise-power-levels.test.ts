import { describe, expect, it } from 'vitest';
import { alice, bob, carol, dave, earlierThan, judged, since, versions } from '../../test/auth-fixtures.ts';
import type { JsonObject, JsonValue } from '../canonical-json/json-value.ts';
import { RawNumber } from '../canonical-json/raw-number.ts';
import type { RoomVersion } from '../room-versions/rules.ts';

/** Bob, with 50 and the right to send power levels, changes them from one content to another. */
function change(version: RoomVersion, from: JsonObject | null, to: JsonObject, sender = bob): string {
  const old = from === null ? null : { events: { 'm.room.power_levels': 50 }, ...from };
  const now = { events: { 'm.room.power_levels': 50 }, ...to };
  return judged(
    version,
    sender,
    { type: 'm.room.power_levels', stateKey: '', content: now },
    { 'm.room.power_levels|': old },
  );
}

const users = (entries: JsonObject) => ({ users: { [bob]: 50, ...entries } });

describe.each(versions)('power levels in room version %s', (version) => {
  const scalars = ['users_default', 'events_default', 'state_default', 'ban', 'redact', 'kick', 'invite'];

  it.each(scalars)("let %s be added, changed and removed up to one's own level", (key) => {
    const base = users({});
    expect(change(version, base, { ...base, [key]: 50 })).toBe('allowed');
    expect(change(version, base, { ...base, [key]: 51 })).toBe('power_level_above_own');
    expect(change(version, { ...base, [key]: 40 }, { ...base, [key]: 30 })).toBe('allowed');
    expect(change(version, { ...base, [key]: 40 }, { ...base, [key]: 51 })).toBe('power_level_above_own');
    expect(change(version, { ...base, [key]: 40 }, base)).toBe('allowed');
    const lowBar = { events: { 'm.room.power_levels': 50 } };
    expect(change(version, { ...base, ...lowBar, [key]: 51 }, base)).toBe('power_level_above_own');
    expect(change(version, { ...base, ...lowBar, [key]: 51 }, { ...base, [key]: 51 })).toBe('allowed');
  });

  it("let entries of events be added, changed and removed up to one's own level", () => {
    const events = (entries: JsonObject) => ({ ...users({}), events: { 'm.room.power_levels': 50, ...entries } });
    expect(change(version, events({}), events({ a: 50 }))).toBe('allowed');
    expect(change(version, events({}), events({ a: 51 }))).toBe('power_level_above_own');
    expect(change(version, events({ a: 51 }), events({}))).toBe('power_level_above_own');
    expect(change(version, events({ a: 51 }), events({ a: 50 }))).toBe('power_level_above_own');
    expect(change(version, events({ a: 51 }), events({ a: 51 }))).toBe('allowed');
    expect(change(version, events({ a: 50 }), events({}))).toBe('allowed');
  });

  it("let users be raised to one's own level, and lowered only from below it", () => {
    expect(change(version, users({}), users({ [carol]: 50 }))).toBe('allowed');
    expect(change(version, users({}), users({ [carol]: 51 }))).toBe('power_level_above_own');
    expect(change(version, users({ [carol]: 49 }), users({}))).toBe('allowed');
    expect(change(version, users({ [carol]: 50 }), users({}))).toBe('target_has_as_much_power');
    expect(change(version, users({ [carol]: 50 }), users({ [carol]: 10 }))).toBe('target_has_as_much_power');
    expect(change(version, users({ [carol]: 51 }), users({ [carol]: 10 }))).toBe('power_level_above_own');
    expect(change(version, users({ [carol]: 51 }), users({ [carol]: 51 }))).toBe('allowed');
  });

  it('let oneself be lowered, not raised', () => {
    expect(change(version, users({}), users({ [bob]: 10 }))).toBe('allowed');
    expect(change(version, users({}), { users: {} })).toBe('allowed');
    expect(change(version, users({}), users({ [bob]: 51 }))).toBe('power_level_above_own');
  });

  it('have users that are an object of user ids and levels', () => {
    for (const bad of [
      [],
      'x',
      null,
      1,
      { bob: 1 },
      { [dave]: true },
      { [dave]: '1.5' },
      { [dave]: null },
    ] satisfies JsonValue[])
      expect(change(version, users({}), { users: bad })).toBe('invalid_power_levels');
  });

  it('are free when there were none', () => {
    expect(change(version, null, { users: { [bob]: 1000 }, ban: 1000 }, alice)).toBe('allowed');
  });
});

describe('the form of power levels', () => {
  it('forbids strings since room version 10', () => {
    for (const content of [
      { ban: '50' },
      { events: { a: '1' } },
      { notifications: { room: '1' } },
      users({ [carol]: '1' }),
    ]) {
      for (const version of since('10'))
        expect(change(version, users({}), { ...users({}), ...content })).toBe('invalid_power_levels');
      for (const version of earlierThan('10'))
        expect(change(version, users({}), { ...users({}), ...content })).toBe('allowed');
    }
  });

  it('allows floats until room version 5', () => {
    const content = users({ [carol]: new RawNumber('50.57') });
    for (const version of earlierThan('6')) expect(change(version, users({}), content)).toBe('allowed');
    for (const version of since('6')) expect(change(version, users({}), content)).toBe('invalid_power_levels');
  });

  it('compares levels, not how they are written', () => {
    expect(change('9', { ...users({}), ban: 60 }, { ...users({}), ban: ' 060 ' })).toBe('allowed');
  });

  it.each([{ events: 1 }, { events: [] }, { events: { a: true } }, { ban: true }, { kick: null }])(
    'is not %j',
    (content) => {
      for (const version of versions)
        expect(change(version, users({}), { ...users({}), ...content })).toBe('invalid_power_levels');
    },
  );

  it('of notifications matters since room version 6', () => {
    for (const notifications of [{ room: 51 }, 1, { room: true }] satisfies JsonValue[]) {
      for (const version of earlierThan('6'))
        expect(change(version, users({}), { ...users({}), notifications })).toBe('allowed');
      for (const version of since('6'))
        expect(change(version, users({}), { ...users({}), notifications })).not.toBe('allowed');
    }
    for (const version of since('6')) {
      expect(change(version, users({}), { ...users({}), notifications: { room: 50 } })).toBe('allowed');
      expect(change(version, { ...users({}), notifications: { room: 51 } }, users({}))).toBe('power_level_above_own');
    }
  });

  it('has no creator among the users since room version 12', () => {
    const changes = { 'm.room.create|': { additional_creators: [carol] }, 'm.room.power_levels|': users({}) };
    const content = (entries: JsonObject) => ({ type: 'm.room.power_levels', stateKey: '', content: users(entries) });
    for (const creator of [alice, carol])
      expect(judged('12', alice, content({ [creator]: 0 }), changes)).toBe('creator_in_power_levels');
    expect(judged('12', alice, content({ [dave]: Number.MAX_SAFE_INTEGER }), changes)).toBe('allowed');
    expect(judged('12', carol, content({ [dave]: Number.MAX_SAFE_INTEGER }), changes)).toBe('allowed');
    expect(judged('11', alice, content({ [alice]: 100 }), { 'm.room.power_levels|': users({ [alice]: 100 }) })).toBe(
      'allowed',
    );
  });
});
