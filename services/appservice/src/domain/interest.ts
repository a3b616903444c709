import type { RoomEvent, StateChange } from '@plexus/contracts/streams/room-log';
import { DUMMY_EVENT_TYPE } from '@plexus/matrix';
import type { Registration } from './registration.ts';

/** Whether a user is the bridge's sender or one of its namespace. */
export function isUserOf(registration: Registration, userId: string): boolean {
  return userId === registration.sender || registration.users.some((namespace) => namespace.matches(userId));
}

/** What must be known of the room to tell who is interested in an event of it. */
export interface RoomInterest {
  /** Somebody of the bridge is joined to the room. */
  readonly hasMember: boolean;
  readonly aliases: readonly string[];
}

/**
 * Whether the bridge is told of the event: its room, its sender, its target, a joined member or an alias of the room is the bridge's.
 * Application Service API, "Registration" (namespaces).
 */
export function isInterested(
  registration: Registration,
  event: Pick<RoomEvent, 'roomId' | 'sender' | 'type' | 'stateKey'>,
  room: RoomInterest,
): boolean {
  if (event.type === DUMMY_EVENT_TYPE) return false;
  return (
    room.hasMember ||
    isUserOf(registration, event.sender) ||
    (event.type === 'm.room.member' && event.stateKey !== undefined && isUserOf(registration, event.stateKey)) ||
    registration.rooms.some((namespace) => namespace.matches(event.roomId)) ||
    registration.aliases.some((namespace) => room.aliases.some(namespace.matches))
  );
}

/** The members who come and go with an entry. */
export function membershipChanges(changes: readonly StateChange[]): { userId: string; joined: boolean }[] {
  return changes
    .filter((change) => change.type === 'm.room.member')
    .map((change) => ({ userId: change.stateKey, joined: change.membership === 'join' }));
}
