import type { DeviceId, UserId } from '@plexus/matrix';

/** Who makes a request, as its access token says. */
export type Requester =
  | {
      readonly kind: 'user';
      readonly userId: UserId;
      readonly deviceId: DeviceId;
      readonly admin: boolean;
      /** Numeric session of userapi: what caches and transaction ids are keyed by. */
      readonly sessionNid: number;
    }
  | {
      readonly kind: 'appservice';
      readonly appserviceId: string;
      /** The user it acts as: its sender, or the one named by ?user_id= inside its namespaces. */
      readonly userId: UserId;
      readonly deviceId: DeviceId | undefined;
      readonly rateLimited: boolean;
    };
