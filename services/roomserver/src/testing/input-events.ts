import { type InputEventResult, type InputEventsRequest, InputOutcome } from '@plexus/contracts/roomserver';
import type { EventId } from '@plexus/matrix';
import { type Replica, stateOf } from './open-roomserver.ts';
import type { RemoteRoom } from './remote-room.ts';

const names = new Map<number, string>(
  Object.entries(InputOutcome).map(([name, number]) => [
    Number(number),
    name.replace('INPUT_OUTCOME_', '').toLowerCase(),
  ]),
);

/** `outcome` or `outcome: reason` of each event. */
export function outcomesOf(results: readonly InputEventResult[]): string[] {
  return results.map(({ outcome, reason }) => `${names.get(outcome)}${reason === '' ? '' : `: ${reason}`}`);
}

/** Pushes events as `origin` would in a transaction. */
export async function push(replica: Replica, pdus: readonly string[], origin = 'one.example'): Promise<string[]> {
  return outcomesOf((await input(replica, { $case: 'pushed', value: { pdus: [...pdus] } }, origin)).results);
}

export function input(
  { service }: Replica,
  value: InputEventsRequest['input'],
  origin = 'one.example',
  roomId?: string,
) {
  return service.inputEvents({ origin, roomId, input: value });
}

/** A local user joins a room of others: the answer to send_join comes in. The id of the join. */
export async function joinRemote(replica: Replica, room: RemoteRoom, user: string): Promise<EventId> {
  const join = room.member(user, 'join', user);
  const [outcome] = await inputJoin(replica, room, join);
  if (outcome !== 'accepted') throw new Error(`the join came to ${outcome}`);
  return join;
}

export async function inputJoin(
  replica: Replica,
  room: RemoteRoom,
  join: EventId,
  changes: { state?: EventId[]; authChain?: EventId[] } = {},
): Promise<string[]> {
  const state = changes.state ?? room.stateIds(join);
  const authChain = changes.authChain ?? room.authChain([join, ...state]);
  const value = {
    roomVersion: room.rules.version,
    event: room.json(join)[0] ?? '',
    state: room.json(...state),
    authChain: room.json(...authChain),
  };
  return outcomesOf((await input(replica, { $case: 'joined', value }, 'one.example', room.roomId)).results);
}

/** The current state of a room as this server has it and as it must be. */
export async function stateIdsOf(replica: Replica, roomId: string): Promise<string[]> {
  return (await stateOf(replica, roomId)).map(({ eventId }) => eventId).sort();
}
