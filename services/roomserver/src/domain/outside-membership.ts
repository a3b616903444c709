import { isUserId, type Pdu, serverNameOf } from '@plexus/matrix';

/** What is known of a local user's membership of a room that nobody of this server is in. */
export interface KnownMembership {
  readonly membership: string;
  readonly sender: string;
  /** Senders of the stripped state that came with it. */
  readonly stateSenders: readonly string[];
}

/**
 * Whether the sender of a leave of somebody else may be entitled to it, as far as can be known without the room. An invite is taken back by
 * the inviter's server, whose users that server authorises; a knock is refused by a server of which the room's state was shown. Anybody else could
 * take invites away from users of this server. The user's own leave needs no further check: this server has signed it.
 */
export function mayEndMembership({ sender, stateKey }: Pdu, known: KnownMembership | undefined): boolean {
  if (sender === stateKey) return true;
  if (known?.membership === 'invite') return serverOf(known.sender) === serverNameOf(sender);
  if (known?.membership === 'knock') return known.stateSenders.some((each) => serverOf(each) === serverNameOf(sender));
  return false;
}

function serverOf(userId: string): string | undefined {
  return isUserId(userId) ? serverNameOf(userId) : undefined;
}
