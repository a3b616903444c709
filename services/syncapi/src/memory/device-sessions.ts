/** What one device was told of the members of its rooms, as far as it has acknowledged it. */
export class DeviceSession {
  /** Token of the last answer; whoever comes with it has read that answer. */
  nextBatch = '';
  readonly #members = new Map<string, Map<string, string>>();
  #size = 0;

  /** Member event ids by user that were sent for a room. */
  membersOf(roomId: string): ReadonlyMap<string, string> | undefined {
    return this.#members.get(roomId);
  }

  sent(roomId: string, userId: string, eventId: string): void {
    if (this.#size >= maxMembersPerDevice) this.clear();
    let ofRoom = this.#members.get(roomId);
    if (ofRoom === undefined) {
      ofRoom = new Map();
      this.#members.set(roomId, ofRoom);
    }
    if (!ofRoom.has(userId)) this.#size += 1;
    ofRoom.set(userId, eventId);
  }

  clear(): void {
    this.#members.clear();
    this.#size = 0;
  }
}

const maxMembersPerDevice = 5000;

/**
 * Which member events lazy-loading devices have, so that they are not sent again. A device that comes with another token than the last one it
 * was given (an answer got lost, it started anew, another replica served it) is told everything again.
 */
export class DeviceSessions {
  readonly #sessions = new Map<string, DeviceSession>();
  readonly #maxDevices: number;

  constructor(maxDevices: number) {
    this.#maxDevices = maxDevices;
  }

  resume(userId: string, deviceId: string | undefined, since: string | undefined): DeviceSession {
    const key = `${userId} ${deviceId ?? ''}`;
    const known = this.#sessions.get(key);
    const session = known ?? new DeviceSession();
    if (since === undefined || session.nextBatch !== since) session.clear();
    // Deleted and set again, a key moves to the end: the map's order is that of use.
    if (known !== undefined) this.#sessions.delete(key);
    this.#sessions.set(key, session);
    if (this.#sessions.size > this.#maxDevices) {
      const [oldest] = this.#sessions.keys();
      if (oldest !== undefined) this.#sessions.delete(oldest);
    }
    return session;
  }
}
