import type { RoomEvent } from '@plexus/contracts/streams/room-log';
import { isJsonObject, parseStoredJson, strippedState } from '@plexus/matrix';

/**
 * The stripped state that comes with a user's invite or knock, as a JSON array; empty for other memberships. The member event itself is always
 * among it: clients find who invited them there.
 */
export function strippedStateOf(event: RoomEvent, userId: string): string {
  if (event.type !== 'm.room.member' || event.stateKey !== userId || !isPending(event)) return '';
  return `[${[...event.strippedState.filter((text) => !isMemberEvent(text)), ownMemberEvent(event)].join(',')}]`;

  function isMemberEvent(text: string): boolean {
    const value: unknown = parseStoredJson(text);
    return isJsonObject(value) && value['type'] === 'm.room.member' && value['state_key'] === userId;
  }
}

function ownMemberEvent(event: RoomEvent): string {
  const value: unknown = parseStoredJson(event.json);
  return JSON.stringify(isJsonObject(value) ? strippedState(value) : {});
}

function isPending({ stateChanges, stateKey }: RoomEvent): boolean {
  const own = stateChanges.find((change) => change.type === 'm.room.member' && change.stateKey === stateKey);
  return own?.membership === 'invite' || own?.membership === 'knock';
}
