import type { RoomserverService } from '@plexus/contracts/roomserver';
import type { RoomserverContext } from '../context.ts';
import { deleteAlias } from './directory/delete-alias.ts';
import { resolveAliases } from './directory/resolve-aliases.ts';
import { setAlias } from './directory/set-alias.ts';
import { setDirectoryVisibility } from './directory/set-directory-visibility.ts';
import { readLog } from './log/read-log.ts';
import { createRoom } from './rooms/create-room.ts';
import { getEvents } from './rooms/get-events.ts';
import { queryRooms } from './rooms/query-rooms.ts';
import { sendEvents } from './rooms/send-events.ts';
import { queryMembers } from './state/query-members.ts';
import { queryMemberships } from './state/query-memberships.ts';
import { queryState } from './state/query-state.ts';

/** The contract of roomserver, operation by operation. */
export function roomserverService(context: RoomserverContext): RoomserverService {
  return {
    createRoom: (request) => createRoom(context, request),
    sendEvents: (request) => sendEvents(context, request),
    getEvents: (request) => getEvents(context, request),
    queryState: (request) => queryState(context, request),
    queryMembers: (request) => queryMembers(context, request),
    queryMemberships: (request) => queryMemberships(context, request),
    queryRooms: (request) => queryRooms(context, request),
    setAlias: (request) => setAlias(context, request),
    deleteAlias: (request) => deleteAlias(context, request),
    resolveAliases: (request) => resolveAliases(context, request),
    setDirectoryVisibility: (request) => setDirectoryVisibility(context, request),
    readLog: (request) => readLog(context, request),
  };
}
