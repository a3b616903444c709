import type { Branded } from './brand.ts';
import { fitsInBytes } from './limits.ts';

/** The id of a device of a user: opaque, chosen by the client or the server. */
export type DeviceId = Branded<'DeviceId'>;

/** The specification sets no limit; the widest server in use accepts 512 characters. */
const MAX_DEVICE_ID_BYTES = 512;

export function parseDeviceId(text: string): DeviceId | undefined {
  return isDeviceId(text) ? text : undefined;
}

export function isDeviceId(text: unknown): text is DeviceId {
  if (typeof text !== 'string' || text.length === 0) return false;
  return fitsInBytes(text, MAX_DEVICE_ID_BYTES) && !text.includes('\0') && text.isWellFormed();
}
