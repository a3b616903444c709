import type { Device, GetDevicesRequest, GetDevicesResponse } from '@plexus/contracts/userapi';
import type { UserapiContext } from '../../context.ts';
import { localLocalpart } from '../../domain/localparts.ts';
import { type DeviceRow, listDevices } from '../../storage/devices.ts';

/** The devices of users of this server, one answer per asked user, in order. */
export async function getDevices(
  { database, serverName }: UserapiContext,
  { userIds }: GetDevicesRequest,
): Promise<GetDevicesResponse> {
  const asked = userIds.map((userId) => ({ userId, localpart: localLocalpart(userId, serverName) }));
  const rows = await listDevices(
    database,
    asked.flatMap(({ localpart }) => localpart ?? []),
  );
  const byLocalpart = Map.groupBy(rows, (row) => row.localpart);
  return {
    users: asked.map(({ userId, localpart }) => ({
      userId,
      devices: (byLocalpart.get(localpart ?? '') ?? []).map(toDevice),
    })),
  };
}

function toDevice({ device_id, display_name, last_seen_ip, last_seen_ts }: DeviceRow): Device {
  return {
    deviceId: device_id,
    displayName: display_name ?? undefined,
    lastSeenIp: last_seen_ip ?? undefined,
    lastSeenTs: last_seen_ts ?? undefined,
  };
}
