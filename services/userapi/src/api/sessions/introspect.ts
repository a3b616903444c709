import type { IntrospectedToken, IntrospectRequest, IntrospectResponse } from '@plexus/contracts/userapi';
import type { UserapiContext } from '../../context.ts';
import { userIdOf } from '../../domain/localparts.ts';
import { findSessions, type SessionRow } from '../../storage/sessions.ts';

const SHA256_BYTES = 32;

/** Whose tokens these are, in one statement; those of no session may be of application services. */
export async function introspect(
  context: UserapiContext,
  { tokenHashes }: IntrospectRequest,
): Promise<IntrospectResponse> {
  // A hash of another length is found nowhere.
  const hashes = tokenHashes.map((hash) => Buffer.from(hash).subarray(0, SHA256_BYTES));
  const rows = await findSessions(context.database, hashes);
  const byOrdinal = new Map(rows.map((row) => [row.ordinal, row]));
  const registrations = rows.length < hashes.length ? await context.registrations.current() : undefined;
  const tokens = hashes.map((hash, index): IntrospectedToken => {
    const row = byOrdinal.get(index + 1);
    if (row !== undefined) return { result: { $case: 'user', value: userSession(row, context) } };
    const appservice = registrations?.sessionOf(hash);
    if (appservice !== undefined) return { result: { $case: 'appservice', value: appservice } };
    return { result: { $case: 'unknown', value: { softLogout: false } } };
  });
  return { tokens };
}

function userSession({ localpart, device_id, admin, nid }: SessionRow, { serverName }: UserapiContext) {
  return { userId: userIdOf(localpart, serverName), deviceId: device_id, admin, sessionNid: nid };
}
