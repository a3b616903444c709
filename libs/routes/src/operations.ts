import type { Operation } from './operation.ts';
import { account } from './sections/account.ts';
import { accountData } from './sections/account-data.ts';
import { appservice } from './sections/appservice.ts';
import { devices } from './sections/devices.ts';
import { encryption } from './sections/encryption.ts';
import { federation } from './sections/federation.ts';
import { federationKeys } from './sections/federation-keys.ts';
import { media } from './sections/media.ts';
import { moderation } from './sections/moderation.ts';
import { plexusAdmin } from './sections/plexus-admin.ts';
import { push } from './sections/push.ts';
import { roomEvents } from './sections/room-events.ts';
import { roomMembership } from './sections/room-membership.ts';
import { rooms } from './sections/rooms.ts';
import { server } from './sections/server.ts';
import { session } from './sections/session.ts';
import { synapseAdmin } from './sections/synapse-admin.ts';
import { timeline } from './sections/timeline.ts';
import { users } from './sections/users.ts';

const all = [
  ...server,
  ...account,
  ...appservice,
  ...accountData,
  ...media,
  ...rooms,
  ...session,
  ...devices,
  ...encryption,
  ...timeline,
  ...roomEvents,
  ...roomMembership,
  ...users,
  ...push,
  ...moderation,
  ...federation,
  ...federationKeys,
  ...plexusAdmin,
  ...synapseAdmin,
] as const;

/** `<api>.<operationId>`: the one name of an operation in handlers, metrics and traces. */
export type OperationKey = (typeof all)[number]['key'];

/** Every operation that the product answers or will answer by HTTP. */
export const operations: readonly Operation<OperationKey>[] = all;
