import type { Draft, StageContext, StageResult } from '../draft.ts';

/** Gives the event its number, and the room's state after it its snapshot. */
export async function changeState(
  draft: Draft,
  { names, eventNumbers, stateStore }: StageContext,
): Promise<StageResult> {
  const { command, room } = draft;
  const taken = eventNumbers.take();
  const event = typeof taken === 'number' ? taken : await taken;
  draft.event = event;
  if (command.stateKey === undefined) return undefined;
  const [type, stateKey] = await Promise.all([
    names.number('type', command.type),
    names.number('stateKey', command.stateKey),
  ]);
  draft.stateWrite = await stateStore.change(room.tip.snapshot, [{ type, stateKey, event }]);
  return undefined;
}
