import { errors, type MatrixRequest, stringField } from '@plexus/http';
import { parseUserId, type UserId } from '@plexus/matrix';

/** The user that a body names to do something to. */
export function targetUser({ body }: MatrixRequest): UserId {
  const userId = parseUserId(stringField(body, 'user_id'));
  if (userId === undefined) throw errors.invalidParam('user_id', 'is not a user id');
  return userId;
}
