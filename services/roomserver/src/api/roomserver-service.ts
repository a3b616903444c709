import type { RoomserverService } from '@plexus/contracts/roomserver';
import { DatabaseError } from '@plexus/postgres';
import { RpcError } from '@plexus/rpc';
import { TooMuchWork } from '@plexus/service';
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

/** The contract of roomserver, operation by operation; `removalAsked` is called when there is something to remove in the background. @throws RpcError UNAVAILABLE while the database does not answer. */
export function roomserverService(context: RoomserverContext, removalAsked: () => void): RoomserverService {
  return {
    createRoom: (request) => available(createRoom(context, request)),
    sendEvents: (request) => available(sendEvents(context, request)),
    inputEvents: (request) => available(inputEvents(context, request)),
    getEvents: (request) => available(getEvents(context, request)),
    queryState: (request) => available(queryState(context, request)),
    queryMembers: (request) => available(queryMembers(context, request)),
    queryMemberships: (request) => available(queryMemberships(context, request)),
    queryRooms: (request) => available(queryRooms(context, request)),
    upgradeRoom: (request) => available(upgradeRoom(context, request)),
    forgetRoom: (request) => available(forgetRoom(context, request)),
    deleteRoom: (request) => available(deleteRoom(context, request, removalAsked)),
    purgeHistory: (request) => available(purgeHistory(context, request, removalAsked)),
    queryRemovals: (request) => available(queryRemovals(context, request)),
    setRoomBlocked: (request) => available(setRoomBlocked(context, request)),
    queryRoomBlocked: (request) => available(queryRoomBlocked(context, request)),
    setAlias: (request) => available(setAlias(context, request)),
    deleteAlias: (request) => available(deleteAlias(context, request)),
    resolveAliases: (request) => available(resolveAliases(context, request)),
    setDirectoryVisibility: (request) => available(setDirectoryVisibility(context, request)),
    setNetworkListing: (request) => available(setNetworkListing(context, request)),
    queryPublishedRooms: (request) => available(queryPublishedRooms(context, request)),
    queryAuthChains: (request) => available(queryAuthChains(context, request)),
    queryStateIds: (request) => available(queryStateIds(context, request)),
    queryMissingEvents: (request) => available(queryMissingEvents(context, request)),
    queryEventsBefore: (request) => available(queryEventsBefore(context, request)),
    queryLatestEvents: (request) => available(queryLatestEvents(context, request)),
    queryJoinedServers: (request) => available(queryJoinedServers(context, request)),
    queryServersInRooms: (request) => available(queryServersInRooms(context, request)),
    queryHierarchy: (request) => available(queryHierarchy(context, request)),
    readLog: (request) => available(readLog(context, request)),
  };
}

/** A database that is gone or changes hands is for the caller to ask again. */
async function available<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof DatabaseError && error.retryable)
      throw new RpcError('UNAVAILABLE', 'the database does not answer');
    if (error instanceof TooMuchWork) throw new RpcError('RESOURCE_EXHAUSTED', 'too many events wait for their rooms');
    throw error;
  }
}
