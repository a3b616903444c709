import type { RoomCommit } from './room-commit.ts';

/** The commit with every state under the number that it has now; `current` tells it of each. */
export async function withCurrentStates(
  commit: RoomCommit,
  current: (snapshot: number) => Promise<number>,
): Promise<RoomCommit> {
  const { head, events, input } = commit;
  const transitions = input?.transitions ?? [];
  const snapshots = new Set([
    head.snapshot,
    ...[...events, ...(input?.placed ?? [])].map(({ snapshotBefore }) => snapshotBefore),
    ...transitions.flatMap(({ before, after }) => [before, after]),
  ]);
  const known = new Map(await Promise.all([...snapshots].map(async (each) => [each, await current(each)] as const)));
  const now = (snapshot: number) => known.get(snapshot) ?? snapshot;
  const placedNow = <Row extends { readonly snapshotBefore: number }>(row: Row): Row => ({
    ...row,
    snapshotBefore: now(row.snapshotBefore),
  });
  return {
    ...commit,
    head: { ...head, snapshot: now(head.snapshot) },
    events: events.map(placedNow),
    ...(input !== undefined && {
      input: {
        ...input,
        placed: input.placed.map(placedNow),
        transitions: transitions.map((row) => ({ ...row, before: now(row.before), after: now(row.after) })),
      },
    }),
  };
}
