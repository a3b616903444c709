import type { MatrixError } from '@plexus/contracts/common';
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

/** As whom an application service wants to act: `user_id` and `device_id` of the query. */
export interface Masquerade {
  readonly userId?: string | undefined;
  readonly deviceId?: string | undefined;
}

/** A token that is not accepted: the error that the client gets. */
export interface Refusal {
  readonly kind: 'refused';
  readonly error: MatrixError;
  /** The device is still there: the client may sign in again without losing its keys. With M_UNKNOWN_TOKEN only. */
  readonly softLogout: boolean;
}

/**
 * Resolves an access token to its requester; synchronously when this process already knows the session. The HTTP layer defines this port,
 * `SessionCache.authenticate` of libs/tokens implements it.
 */
export type Authenticate = (
  token: string,
  masquerade: Masquerade,
) => Requester | Refusal | Promise<Requester | Refusal>;
