import type { UserapiService } from '@plexus/contracts/userapi';
import { errors } from '@plexus/http';
import type { JsonObject, RoomId, UserId } from '@plexus/matrix';
import { jsonObject } from '../domain/stored-event.ts';

const TYPE = 'm.tag';

/** The content of the account data that holds a user's tags of a room. */
export async function readTags(
  userapi: UserapiService,
  userId: UserId,
  roomId: RoomId,
): Promise<JsonObject | undefined> {
  const { items } = await userapi.getAccountData({ userId, roomId, types: [TYPE], everything: false });
  const item = items.find((candidate) => candidate.type === TYPE && candidate.roomId === roomId);
  return item === undefined ? undefined : jsonObject(item.content);
}

export async function writeTags(
  userapi: UserapiService,
  userId: UserId,
  roomId: RoomId,
  content: JsonObject,
): Promise<void> {
  const { error } = await userapi.setAccountData({ userId, roomId, type: TYPE, content: JSON.stringify(content) });
  if (error !== undefined) throw errors.fromRpc(error);
}
