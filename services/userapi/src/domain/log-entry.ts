import type { UserLogEntry } from '@plexus/contracts/streams/user-log';
import type { ServerName } from '@plexus/matrix';
import type { UserLogRow } from '../storage/user-log.ts';
import { userIdOf } from './localparts.ts';

/** An entry of the user log as other services see it; one that was superseded or erased says nothing and names nobody. */
export function logEntry(row: UserLogRow, serverName: ServerName): UserLogEntry {
  const { position, traceparent, localpart } = row;
  const userId = localpart === '' ? '' : userIdOf(localpart, serverName);
  return { position, traceparent, userId, kind: kindOf(row) };
}

function kindOf(row: UserLogRow): UserLogEntry['kind'] {
  switch (row.kind) {
    case 'account_data': {
      // Erased since: there is nothing to tell of it.
      if (row.value === null) return undefined;
      const value = { roomId: row.room_id ?? undefined, type: row.key ?? '', content: row.value };
      return { $case: 'accountData', value };
    }
    case 'profile':
      return { $case: 'profile', value: { field: row.key ?? '', value: row.value ?? undefined } };
    case 'device':
      return { $case: 'device', value: { deviceId: row.key ?? '', deleted: row.gone } };
    case 'account_created':
      return { $case: 'accountCreated', value: {} };
    case 'account_deactivated':
      return { $case: 'accountDeactivated', value: { erase: row.gone } };
    case 'removed':
      return undefined;
    default:
      return row.kind satisfies never;
  }
}
