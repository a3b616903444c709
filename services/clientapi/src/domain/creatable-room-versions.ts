import { type RoomVersionRules, roomVersion } from '@plexus/matrix';

/** Versions a new room may have here. */
export const creatableRoomVersions = ['10', '11', '12'] as const;

/** The rules of a version that a new room may have, or undefined. */
export function creatableRoomVersion(version: string): RoomVersionRules | undefined {
  return creatableRoomVersions.some((known) => known === version) ? roomVersion(version) : undefined;
}
