import type { RoomserverService } from '@plexus/contracts/roomserver';
import type { RoomserverContext } from '../context.ts';
import { deleteAlias } from './directory/delete-alias.ts';
import { queryPublishedRooms } from './directory/query-published-rooms.ts';
import { resolveAliases } from './directory/resolve-aliases.ts';
import { setAlias } from './directory/set-alias.ts';
import { setDirectoryVisibility } from './directory/set-directory-visibility.ts';
import { setNetworkListing } from './directory/set-network-listing.ts';
import { queryAuthChains } from './graph/query-auth-chains.ts';
import { queryEventsBefore } from './graph/query-events-before.ts';
import { queryLatestEvents } from './graph/query-latest-events.ts';
import { queryMissingEvents } from './graph/query-missing-events.ts';
import { queryStateIds } from './graph/query-state-ids.ts';
import { readLog } from './log/read-log.ts';
import { deleteRoom } from './removal/delete-room.ts';
import { purgeHistory } from './removal/purge-history.ts';
import { queryRemovals } from './removal/query-removals.ts';
import { queryRoomBlocked } from './removal/query-room-blocked.ts';
import { setRoomBlocked } from './removal/set-room-blocked.ts';
import { createRoom } from './rooms/create-room.ts';
import { forgetRoom } from './rooms/forget-room.ts';
import { getEvents } from './rooms/get-events.ts';
import { inputEvents } from './rooms/input-events.ts';
import { queryHierarchy } from './rooms/query-hierarchy.ts';
import { queryRooms } from './rooms/query-rooms.ts';
import { sendEvents } from './rooms/send-events.ts';
import { upgradeRoom } from './rooms/upgrade-room.ts';
import { queryJoinedServers } from './servers/query-joined-servers.ts';
import { queryServersInRooms } from './servers/query-servers-in-rooms.ts';
import { queryMembers } from './state/query-members.ts';
import { queryMemberships } from './state/query-memberships.ts';
import { queryState } from './state/query-state.ts';

/** The contract of roomserver, operation by operation; `removalAsked` is called when there is something to remove in the background. */
export function roomserverService(context: RoomserverContext, removalAsked: () => void): RoomserverService {
  return {
    createRoom: (request) => createRoom(context, request),
    sendEvents: (request) => sendEvents(context, request),
    inputEvents: (request) => inputEvents(context, request),
    getEvents: (request) => getEvents(context, request),
    queryState: (request) => queryState(context, request),
    queryMembers: (request) => queryMembers(context, request),
    queryMemberships: (request) => queryMemberships(context, request),
    queryRooms: (request) => queryRooms(context, request),
    upgradeRoom: (request) => upgradeRoom(context, request),
    forgetRoom: (request) => forgetRoom(context, request),
    deleteRoom: (request) => deleteRoom(context, request, removalAsked),
    purgeHistory: (request) => purgeHistory(context, request, removalAsked),
    queryRemovals: (request) => queryRemovals(context, request),
    setRoomBlocked: (request) => setRoomBlocked(context, request),
    queryRoomBlocked: (request) => queryRoomBlocked(context, request),
    setAlias: (request) => setAlias(context, request),
    deleteAlias: (request) => deleteAlias(context, request),
    resolveAliases: (request) => resolveAliases(context, request),
    setDirectoryVisibility: (request) => setDirectoryVisibility(context, request),
    setNetworkListing: (request) => setNetworkListing(context, request),
    queryPublishedRooms: (request) => queryPublishedRooms(context, request),
    queryAuthChains: (request) => queryAuthChains(context, request),
    queryStateIds: (request) => queryStateIds(context, request),
    queryMissingEvents: (request) => queryMissingEvents(context, request),
    queryEventsBefore: (request) => queryEventsBefore(context, request),
    queryLatestEvents: (request) => queryLatestEvents(context, request),
    queryJoinedServers: (request) => queryJoinedServers(context, request),
    queryServersInRooms: (request) => queryServersInRooms(context, request),
    queryHierarchy: (request) => queryHierarchy(context, request),
    readLog: (request) => readLog(context, request),
  };
}
