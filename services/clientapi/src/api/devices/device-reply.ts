import type { Device, UserapiService } from '@plexus/contracts/userapi';
import type { UserId } from '@plexus/matrix';

export async function devicesOf(userapi: UserapiService, userId: UserId): Promise<Device[]> {
  const { users } = await userapi.getDevices({ userIds: [userId] });
  return users[0]?.devices ?? [];
}

/** Client-server API, "Device management", Device. What is not known is null: clients require every member. */
export function deviceReply({ deviceId, displayName, lastSeenIp, lastSeenTs }: Device): object {
  return {
    device_id: deviceId,
    display_name: displayName ?? null,
    last_seen_ip: lastSeenIp ?? null,
    last_seen_ts: lastSeenTs ?? null,
  };
}
