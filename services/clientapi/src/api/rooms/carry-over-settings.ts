import { errors } from '@plexus/http';
import type { JsonObject, RoomId, UserId } from '@plexus/matrix';
import { readPushRules, writePushRules } from '../../clients/push-rules.ts';
import { readTags, writeTags } from '../../clients/room-tags.ts';
import type { ClientapiContext } from '../../context.ts';
import { directRoomsWith, rulesWithReplacement } from '../../domain/replaced-room-settings.ts';
import { jsonObject } from '../../domain/stored-event.ts';

export interface ReplacedRoom {
  readonly from: RoomId;
  readonly to: RoomId;
}

const DIRECT = 'm.direct';

/**
 * Gives a room's replacement what the user has set for the room: tags, push rules, whether it is a direct chat. What is set for the
 * replacement already stays. Client-server API, "Room upgrades", server behaviour.
 */
export async function carryOverSettings(
  { clients: { userapi } }: ClientapiContext,
  userId: UserId,
  rooms: ReplacedRoom,
): Promise<void> {
  const [tags, known] = [await readTags(userapi, userId, rooms.from), await readTags(userapi, userId, rooms.to)];
  if (tags !== undefined && known === undefined) await writeTags(userapi, userId, rooms.to, tags);
  const rules = await readPushRules(userapi, userId);
  const replaced = rulesWithReplacement(rules, rooms);
  if (replaced !== undefined) await writePushRules(userapi, userId, replaced);
  const { items } = await userapi.getAccountData({ userId, types: [DIRECT], everything: false });
  const item = items.find(({ type, roomId }) => type === DIRECT && roomId === undefined);
  const direct: JsonObject | undefined =
    item === undefined ? undefined : directRoomsWith(jsonObject(item.content), rooms);
  if (direct === undefined) return;
  const { error } = await userapi.setAccountData({ userId, type: DIRECT, content: JSON.stringify(direct) });
  if (error !== undefined) throw errors.fromRpc(error);
}
