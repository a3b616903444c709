import type { MatrixError } from '@plexus/contracts/common';
import type { SetProfileFieldRequest, SetProfileFieldResponse } from '@plexus/contracts/userapi';
import { fitsInBytes, MAX_IDENTIFIER_BYTES } from '@plexus/matrix';
import { currentTraceparent } from '@plexus/observability';
import type { UserapiContext } from '../../context.ts';
import { matrixErrors } from '../../domain/errors.ts';
import { MAX_PROFILE_BYTES } from '../../domain/limits.ts';
import { localLocalpart } from '../../domain/localparts.ts';
import { isStorableJson } from '../../domain/storable-json.ts';
import { writeProfileField } from '../../storage/profiles.ts';

/** Sets or removes a field of a profile. Client-server API, "Profiles". */
export async function setProfileField(
  { database, publish, serverName }: UserapiContext,
  { userId, field, value }: SetProfileFieldRequest,
): Promise<SetProfileFieldResponse> {
  const localpart = localLocalpart(userId, serverName);
  if (localpart === undefined) return { error: matrixErrors.invalidUserId };
  const problem = fieldProblem(field, value);
  if (problem !== undefined) return { error: problem };
  const written = await writeProfileField(
    database,
    { localpart, field, value },
    MAX_PROFILE_BYTES,
    currentTraceparent(),
  );
  switch (written.outcome) {
    case 'noAccount':
      return { error: matrixErrors.noAccount };
    case 'tooLarge':
      return { error: matrixErrors.profileTooLarge };
    default:
      publish(written.logged);
      return {};
  }
}

function fieldProblem(field: string, value: string | undefined): MatrixError | undefined {
  if (field === '' || field.includes('\0') || !field.isWellFormed()) return matrixErrors.invalidField;
  if (!fitsInBytes(field, MAX_IDENTIFIER_BYTES)) return matrixErrors.keyTooLarge;
  if (value === undefined) return undefined;
  if (!fitsInBytes(value, MAX_PROFILE_BYTES)) return matrixErrors.profileTooLarge;
  return isStorableJson(value, 'value') ? undefined : matrixErrors.invalidJson;
}
