import { describe, expect, it } from 'vitest';
import { type HistoryVisibility, historyVisibilityOf, maySeeEvent, mayServerSeeEvent } from './history-visibility.ts';

/** For leave, invite and join at the event: whether it is seen, first never joined since, then joined since. */
const table: [HistoryVisibility, string, string][] = [
  ['world_readable', 'yyy', 'yyy'],
  ['shared', '--y', 'yyy'],
  ['invited', '-yy', '-yy'],
  ['joined', '--y', '--y'],
];

function seen(visibility: HistoryVisibility, joinedSince: boolean, more = {}): string {
  return ['leave', 'invite', 'join']
    .map((membership) => (maySeeEvent({ visibility, membership, joinedSince, ...more }) ? 'y' : '-'))
    .join('');
}

describe('an event', () => {
  it.each(table)('under %s is seen by %s, and by %s of those who joined since', (visibility, never, since) => {
    expect([seen(visibility, false), seen(visibility, true)]).toEqual([never, since]);
  });

  it('is under `shared` when nothing understood was said', () => {
    for (const content of [undefined, {}, { history_visibility: 1 }, { history_visibility: 'x' }])
      expect(historyVisibilityOf(content)).toBe('shared');
    for (const [visibility] of table) expect(historyVisibilityOf({ history_visibility: visibility })).toBe(visibility);
  });

  it('that changes the visibility is seen by those of either side', () => {
    expect(seen('joined', false, { visibilityAfter: 'world_readable' })).toBe('yyy');
    expect(seen('world_readable', false, { visibilityAfter: 'joined' })).toBe('yyy');
    expect(seen('joined', false, { visibilityAfter: 'invited' })).toBe('-yy');
  });

  it("that changes one's own membership is seen by those of either side", () => {
    expect(seen('joined', false, { membershipAfter: 'join' })).toBe('yyy');
    expect(seen('joined', false, { membershipAfter: 'leave' })).toBe('--y');
    expect(seen('invited', false, { membershipAfter: 'invite' })).toBe('yyy');
  });

  it('is for a server what it is for any of its users', () => {
    const may = (visibility: HistoryVisibility, memberships: string[], joinedNow: boolean) =>
      mayServerSeeEvent({ visibility, memberships, joinedNow });
    expect([may('world_readable', [], false), may('shared', [], false), may('shared', [], true)]).toEqual([
      true,
      false,
      true,
    ]);
    expect([
      may('invited', ['leave', 'invite'], false),
      may('invited', ['leave'], true),
      may('joined', ['invite'], true),
      may('joined', ['leave', 'join'], false),
    ]).toEqual([true, false, false, true]);
  });
});
