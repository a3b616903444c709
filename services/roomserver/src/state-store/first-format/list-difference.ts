import type { StateChange, StateEntry } from '../state-store.ts';

/** A state of the first format: blocks of entries of which later ones win. */
export type BlockList = readonly number[];

/** How many blocks two lists have in common at their beginning. */
export function commonBlocks(before: BlockList, after: BlockList): number {
  const different = after.findIndex((block, index) => block !== before[index]);
  return different < 0 ? after.length : different;
}

/**
 * What leads from one state to the other, by the blocks behind those that they have in common. `entriesOf` is asked for the common ones only
 * when a place is set in the old blocks and not in the new ones; the first format never emptied a place, so that is seldom.
 */
export function changesBetween(
  before: BlockList,
  after: BlockList,
  entriesOf: (block: number) => readonly StateEntry[],
): StateChange[] {
  const common = commonBlocks(before, after);
  const changes = new Map<string, StateChange>();
  for (const block of after.slice(common)) for (const entry of entriesOf(block)) changes.set(nameOf(entry), entry);
  const left = before.slice(common).flatMap((block) => entriesOf(block).filter((entry) => !changes.has(nameOf(entry))));
  if (left.length > 0) {
    const beneath = new Map<string, number>();
    for (const block of after.slice(0, common))
      for (const entry of entriesOf(block)) beneath.set(nameOf(entry), entry.event);
    for (const { type, stateKey } of left)
      changes.set(nameOf({ type, stateKey }), { type, stateKey, event: beneath.get(nameOf({ type, stateKey })) });
  }
  return [...changes.values()];
}

function nameOf({ type, stateKey }: { readonly type: number; readonly stateKey: number }): string {
  return `${type} ${stateKey}`;
}
