import { membershipOf, requiredPowerLevel, type UserId, userPowerLevel } from '@plexus/matrix';
import type { LiveRoom } from '../../room-actor/live-room.ts';

/** Whether the user could set the room's canonical alias, which is what listing it and taking its aliases away asks for. */
export async function hasRightOverRoom(room: LiveRoom, user: UserId): Promise<boolean> {
  if (!(await isJoined(room, user))) return false;
  await room.load([
    ['m.room.create', ''],
    ['m.room.power_levels', ''],
  ]);
  const source = {
    create: room.at('m.room.create', '')?.pdu,
    powerLevels: room.at('m.room.power_levels', '')?.pdu,
    rules: room.rules,
  };
  return userPowerLevel(user, source) >= requiredPowerLevel('m.room.canonical_alias', true, source);
}

export async function isJoined(room: LiveRoom, user: UserId): Promise<boolean> {
  await room.load([['m.room.member', user]]);
  return membershipOf(user, (type, stateKey) => room.at(type, stateKey)?.pdu) === 'join';
}
