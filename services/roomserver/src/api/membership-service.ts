import type { MembershipService } from '@plexus/contracts/membership';
import type { RoomserverContext } from '../context.ts';
import { ban } from './membership/ban.ts';
import { inviteUser } from './membership/invite-user.ts';
import { joinRoom } from './membership/join-room.ts';
import { kick } from './membership/kick.ts';
import { knockRoom } from './membership/knock-room.ts';
import { leaveRoom } from './membership/leave-room.ts';
import { unban } from './membership/unban.ts';
import { updateMemberProfile } from './membership/update-member-profile.ts';

/** Who is in a room, operation by operation. */
export function membershipService(context: RoomserverContext): MembershipService {
  return {
    joinRoom: (request) => joinRoom(context, request),
    inviteUser: (request) => inviteUser(context, request),
    leaveRoom: (request) => leaveRoom(context, request),
    kick: (request) => kick(context, request),
    ban: (request) => ban(context, request),
    unban: (request) => unban(context, request),
    knockRoom: (request) => knockRoom(context, request),
    updateMemberProfile: (request) => updateMemberProfile(context, request),
  };
}
