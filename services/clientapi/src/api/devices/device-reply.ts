import type { Device, UserapiService } from '@plexus/contracts/userapi';
import type { UserId } from '@plexus/matrix';

export async function devicesOf(userapi: UserapiService, userId: UserId): Promise<Device[]> {
  const { users } = await userapi.getDevices({ userIds: [userId] });
  return users[0]?.devices ?? [];
}

/** Client-server API, "Device management", Device. */
export function deviceReply({ deviceId, displayName, lastSeenIp, lastSeenTs }: Device): object {
  return {
    device_id: deviceId,
    ...(displayName !== undefined && { display_name: displayName }),
    ...(lastSeenIp !== undefined && { last_seen_ip: lastSeenIp }),
    ...(lastSeenTs !== undefined && { last_seen_ts: lastSeenTs }),
  };
}
