import type { GetAccountDataRequest, GetAccountDataResponse } from '@plexus/contracts/userapi';
import type { UserapiContext } from '../../context.ts';
import { localLocalpart } from '../../domain/localparts.ts';
import { isStorable } from '../../domain/stored-text.ts';
import { readAccountData } from '../../storage/account-data.ts';

/** What no item can be: asked for to learn the position. */
const NOTHING = { room: '', types: [] };

/** Account data of a user: global, of a room, or everything, with the log position it is of. */
export async function getAccountData(
  { database, serverName }: UserapiContext,
  { userId, roomId, types, everything }: GetAccountDataRequest,
): Promise<GetAccountDataResponse> {
  const localpart = localLocalpart(userId, serverName) ?? '';
  const room = everything ? undefined : (roomId ?? '');
  const isSound = types.every(isStorable) && isStorable(room ?? '');
  const wanted = isSound ? { room, types: types.length === 0 ? undefined : types } : NOTHING;
  const { rows, position } = await readAccountData(database, localpart, wanted.room, wanted.types);
  return {
    position,
    items: rows.map(({ room_id, type, content }) => ({ roomId: room_id === '' ? undefined : room_id, type, content })),
  };
}
