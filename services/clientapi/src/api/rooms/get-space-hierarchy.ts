import type { HierarchyRoom } from '@plexus/contracts/roomserver';
import {
  authenticated,
  errors,
  type Handler,
  json,
  optionalQueryInteger,
  queryBoolean,
  roomIdParam,
} from '@plexus/http';
import type { JsonObject } from '@plexus/matrix';
import type { ClientapiContext } from '../../context.ts';
import { childId, childrenOf, isShown, membershipsOf, roomSummary } from './room-access.ts';

const DEFAULT_ROOMS = 50;
const MAX_ROOMS = 100;
const MAX_DEPTH = 50;
/** Rooms that are looked at for one answer: each space costs one call for all of its children. */
const MAX_VISITED = 1_000;

interface Walk {
  readonly suggestedOnly: boolean;
  readonly maxDepth: number;
  /** Rooms that earlier pages have shown. */
  readonly skip: number;
}

/**
 * Client-server API, "GET /_matrix/client/v1/rooms/{roomId}/hierarchy". M_FORBIDDEN, M_INVALID_PARAM. The tree is walked depth first from its root
 * for every page: a token says how many rooms of it were told, so no page is kept here.
 */
export function getSpaceHierarchy(context: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const { query, requester } = request;
    const walk = walkOf(query);
    const limit = optionalQueryInteger(query, 'limit', { atMost: MAX_ROOMS }) ?? DEFAULT_ROOMS;
    if (limit === 0) throw errors.invalidParam('limit', 'is zero');
    const root = roomIdParam(request);
    const memberships = await membershipsOf(context, requester.userId);
    const known = new Map<string, HierarchyRoom>();
    await learn(context, known, [root]);
    const first = known.get(root);
    if (first === undefined || !isShown(first, memberships))
      throw errors.forbidden('You are not allowed to view this room');
    const found: JsonObject[] = [];
    const stack: { room: HierarchyRoom; depth: number }[] = [{ room: first, depth: 0 }];
    const visited = new Set<string>();
    while (stack.length > 0 && found.length <= walk.skip + limit && visited.size < MAX_VISITED) {
      const next = stack.pop();
      if (next === undefined || visited.has(next.room.roomId)) continue;
      visited.add(next.room.roomId);
      const children = childrenOf(next.room, walk.suggestedOnly);
      found.push({ ...roomSummary(next.room), children_state: children });
      if (next.depth >= walk.maxDepth) continue;
      const ids = children.map(childId);
      await learn(context, known, ids);
      for (const id of ids.toReversed()) {
        const child = known.get(id);
        if (child !== undefined && isShown(child, memberships)) stack.push({ room: child, depth: next.depth + 1 });
      }
    }
    const rooms = found.slice(walk.skip, walk.skip + limit);
    const hasMore = found.length > walk.skip + limit;
    return json({ rooms, ...(hasMore && { next_batch: tokenOf({ ...walk, skip: walk.skip + limit }) }) });
  });
}

async function learn({ clients }: ClientapiContext, known: Map<string, HierarchyRoom>, roomIds: readonly string[]) {
  const missing = [...new Set(roomIds)].filter((roomId) => !known.has(roomId));
  if (missing.length === 0) return;
  const { rooms } = await clients.roomserver.queryHierarchy({ roomIds: missing });
  for (const room of rooms) known.set(room.roomId, room);
}

function walkOf(query: URLSearchParams): Walk {
  const suggestedOnly = queryBoolean(query, 'suggested_only');
  const maxDepth = optionalQueryInteger(query, 'max_depth', { atMost: MAX_DEPTH }) ?? MAX_DEPTH;
  const from = query.get('from');
  if (from === null) return { suggestedOnly, maxDepth, skip: 0 };
  const [, skip, depth, only] = /^h(\d{1,4})_(\d{1,2})_([01])$/.exec(from) ?? [];
  if (skip === undefined) throw errors.invalidParam('from', 'is not a token of this server');
  if (Number(depth) !== maxDepth || (only === '1') !== suggestedOnly)
    throw errors.invalidParam('from', 'is of a request with another suggested_only or max_depth');
  return { suggestedOnly, maxDepth, skip: Number(skip) };
}

function tokenOf({ skip, maxDepth, suggestedOnly }: Walk): string {
  return `h${skip}_${maxDepth}_${suggestedOnly ? 1 : 0}`;
}
