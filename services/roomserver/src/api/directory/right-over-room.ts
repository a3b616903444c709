import { membershipOf, type RoomId, requiredPowerLevel, type UserId, userPowerLevel } from '@plexus/matrix';
import type { RoomserverContext } from '../../context.ts';
import { loadRoom } from '../../room-actor/load-room.ts';

/** Whether the user could set the room's canonical alias, which is what listing it and taking its aliases away asks for. */
export async function hasRightOverRoom(
  { database }: RoomserverContext,
  roomId: RoomId,
  user: UserId,
): Promise<boolean> {
  const room = await loadRoom(database, roomId);
  if (room === undefined) return false;
  await room.load([
    ['m.room.create', ''],
    ['m.room.power_levels', ''],
    ['m.room.member', user],
  ]);
  const source = {
    create: room.at('m.room.create', '')?.pdu,
    powerLevels: room.at('m.room.power_levels', '')?.pdu,
    rules: room.rules,
  };
  const joined = membershipOf(user, (type, stateKey) => room.at(type, stateKey)?.pdu) === 'join';
  return joined && userPowerLevel(user, source) >= requiredPowerLevel('m.room.canonical_alias', true, source);
}
