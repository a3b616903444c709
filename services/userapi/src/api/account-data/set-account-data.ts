import type { MatrixError } from '@plexus/contracts/common';
import type { SetAccountDataRequest, SetAccountDataResponse } from '@plexus/contracts/userapi';
import { fitsInBytes, isRoomId, MAX_IDENTIFIER_BYTES } from '@plexus/matrix';
import { currentTraceparent } from '@plexus/observability';
import type { UserapiContext } from '../../context.ts';
import { matrixErrors } from '../../domain/errors.ts';
import { ACCOUNT_DATA_ITEM_OVERHEAD_BYTES, MAX_ACCOUNT_DATA_BYTES } from '../../domain/limits.ts';
import { localLocalpart } from '../../domain/localparts.ts';
import { isStorableJson } from '../../domain/storable-json.ts';
import { writeAccountData } from '../../storage/account-data.ts';

/** Stores one item of account data. Which types a client may write itself is for the edge to say. Client-server API, "Client Config". */
export async function setAccountData(
  { database, publish, serverName }: UserapiContext,
  { userId, roomId, type, content }: SetAccountDataRequest,
): Promise<SetAccountDataResponse> {
  const localpart = localLocalpart(userId, serverName);
  if (localpart === undefined) return { error: matrixErrors.invalidUserId };
  const problem = itemProblem(roomId, type, content);
  if (problem !== undefined) return { error: problem };
  const item = { localpart, roomId: roomId ?? '', type, content };
  const bytes =
    [content, type, item.roomId].reduce((sum, text) => sum + Buffer.byteLength(text), 0) +
    ACCOUNT_DATA_ITEM_OVERHEAD_BYTES;
  const written = await writeAccountData(database, item, bytes, currentTraceparent());
  switch (written.outcome) {
    case 'noAccount':
      return { error: matrixErrors.noAccount };
    case 'quotaExceeded':
      return { error: matrixErrors.accountDataTooLarge };
    default:
      publish(written.logged);
      return {};
  }
}

function itemProblem(roomId: string | undefined, type: string, content: string): MatrixError | undefined {
  if (roomId !== undefined && !isRoomId(roomId)) return matrixErrors.invalidRoomId;
  const isType = type !== '' && fitsInBytes(type, MAX_IDENTIFIER_BYTES) && !type.includes('\0') && type.isWellFormed();
  if (!isType) return matrixErrors.invalidAccountDataType;
  if (!fitsInBytes(content, MAX_ACCOUNT_DATA_BYTES)) return matrixErrors.accountDataTooLarge;
  return isStorableJson(content, 'object') ? undefined : matrixErrors.invalidJson;
}
