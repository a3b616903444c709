import type { SessionInvalidation } from '@plexus/contracts/streams/session-lease';
import type { UserapiService } from '@plexus/contracts/userapi';
import type { Masquerade, Refusal, Requester } from '@plexus/http';
import { isDeviceId, isUserId, type UserId } from '@plexus/matrix';
import { LRUCache } from 'lru-cache';
import type { AppserviceToken } from './held-sessions.ts';

/** About 150 bytes an entry: the ghosts of busy bridges. */
const MAX_ALLOWED = 50_000;

/** Decides as whom an application service acts. That a user (and device) exists is remembered; that it does not is asked again. */
export class MasqueradeChecks {
  readonly #userapi: Pick<UserapiService, 'checkMasquerade'>;
  /** User ids that exist, each with those of its devices that do. */
  readonly #existing = new LRUCache<string, Set<string>>({ max: MAX_ALLOWED });
  #generation = 0;

  constructor(userapi: Pick<UserapiService, 'checkMasquerade'>) {
    this.#userapi = userapi;
  }

  /** `trusted`: what is remembered counts. Application Service API, "Identity assertion". */
  requester(
    token: AppserviceToken,
    { userId, deviceId }: Masquerade,
    trusted: boolean,
  ): Requester | Refusal | Promise<Requester | Refusal> {
    const { appserviceId, rateLimited, senderUserId } = token;
    const actsAs = userId ?? senderUserId;
    if (!isUserId(actsAs)) return refused(400, 'M_INVALID_PARAM', 'user_id is not a user id');
    if (deviceId !== undefined && !isDeviceId(deviceId))
      return refused(400, 'M_UNKNOWN_DEVICE', 'device_id is not the id of a device');
    const requester: Requester = { kind: 'appservice', appserviceId, userId: actsAs, deviceId, rateLimited };
    const isSender = actsAs === senderUserId;
    if (!isSender && !token.mayActAs(actsAs))
      return refused(403, 'M_FORBIDDEN', 'The application service may not act as this user');
    if ((isSender && deviceId === undefined) || (trusted && this.#exists(actsAs, deviceId))) return requester;
    return this.#ask(requester);
  }

  forget(ended: SessionInvalidation): void {
    this.#generation++;
    if (ended.userId === '') this.#existing.clear();
    else this.#existing.delete(ended.userId);
  }

  #exists(userId: UserId, deviceId: string | undefined): boolean {
    const devices = this.#existing.get(userId);
    return devices !== undefined && (deviceId === undefined || devices.has(deviceId));
  }

  async #ask(requester: Extract<Requester, { kind: 'appservice' }>): Promise<Requester | Refusal> {
    const { userId, deviceId } = requester;
    const generation = this.#generation;
    const { error } = await this.#userapi.checkMasquerade({ userId, deviceId });
    if (error !== undefined) return { kind: 'refused', error, softLogout: false };
    if (generation !== this.#generation) return requester;
    const devices = this.#existing.get(userId) ?? new Set();
    if (deviceId !== undefined) devices.add(deviceId);
    this.#existing.set(userId, devices);
    return requester;
  }
}

function refused(status: number, errcode: string, error: string): Refusal {
  return { kind: 'refused', error: { status, errcode, error }, softLogout: false };
}
