import { describe, expect, it } from 'vitest';
import { availableRoomVersions, defaultRoomVersion, isRoomVersionText, roomVersion, rulesOf } from './room-versions.ts';
import type { RoomVersionRules } from './rules.ts';

const ids = Object.keys(availableRoomVersions);

/** One letter per version from 1 to 12: whether the rule holds. */
function holds(rule: (rules: RoomVersionRules) => boolean): string {
  return ids.map((id) => (rule(rulesOf(roomVersion(id)?.version ?? '1')) ? 'y' : '-')).join('');
}

describe('room versions', () => {
  it('are twelve, all stable, the last one for new rooms', () => {
    expect(ids).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12']);
    expect(new Set(Object.values(availableRoomVersions))).toEqual(new Set(['stable']));
    expect(defaultRoomVersion).toBe('12');
    for (const id of ids) expect(roomVersion(id)?.version).toBe(id);
    for (const id of ['', '0', '13', 'org.matrix.msc', 'constructor', ' 1', '1.0'])
      expect(roomVersion(id)).toBeUndefined();
  });

  it.each<[string, string, (rules: RoomVersionRules) => boolean]>([
    ['explicit event ids', 'yy----------', (r) => r.eventIds === 'explicit'],
    ['event ids in standard base64', '--y---------', (r) => r.eventIds === 'hash'],
    ['references as pairs', 'yy----------', (r) => r.eventReferences === 'pairs'],
    ['state resolution v1', 'y-----------', (r) => r.stateResolution === 'v1'],
    ['state resolution v2.1', '-----------y', (r) => r.stateResolution === 'v2.1'],
    ['strict canonical JSON', '-----yyyyyyy', (r) => r.numbers === 'canonical'],
    ['limits in code points', 'yyyyyyyyyy--', (r) => r.identifierLimit === 'code_points'],
    ['key validity', '----yyyyyyyy', (r) => r.enforcesKeyValidity],
    ['the aliases rule', 'yyyyy-------', (r) => r.aliasesRule],
    ['redactions authorised', 'yy----------', (r) => r.redactionsAuthorised],
    ['notification levels', '-----yyyyyyy', (r) => r.notificationLevelsChecked],
    ['float levels', 'yyyyy-------', (r) => r.powerLevelValues === 'floats'],
    ['integer levels only', '---------yyy', (r) => r.powerLevelValues === 'integers'],
    ['knock', '------yyyyyy', (r) => r.knock],
    ['restricted joins', '-------yyyyy', (r) => r.restrictedJoin],
    ['knock_restricted', '---------yyy', (r) => r.knockRestricted],
    ['redacts in content', '----------yy', (r) => r.redactsIn === 'content'],
    ['creator in content', 'yyyyyyyyyy--', (r) => r.creator === 'content'],
    ['privileged creators', '-----------y', (r) => r.privilegedCreators],
    ['create in auth_events', 'yyyyyyyyyyy-', (r) => r.createInAuthEvents],
    ['room id of the create event', '-----------y', (r) => r.roomIdIsCreateEventHash],
  ])('have %s as the specification says', (_, expected, rule) => expect(holds(rule)).toBe(expected));

  it('have ids of a narrow alphabet', () => {
    for (const good of ['1', 'org.example-3']) expect(isRoomVersionText(good)).toBe(true);
    for (const bad of ['', 'A', 'a'.repeat(33), 'a b', '1\n']) expect(isRoomVersionText(bad)).toBe(false);
  });
});
