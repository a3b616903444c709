import type { Pdu } from '../events/pdu.ts';
import { serverNameOf } from '../identifiers/server-of.ts';
import { type PowerLevelSource, scalarLevel, userPowerLevel } from './power-levels.ts';

/**
 * Whether a redaction that the auth rules let pass is to be applied, whichever server it comes from: its sender has the
 * redact level, or is of the same server as the sender of what is redacted. By the state at the redaction. Room version 3,
 * "Handling redactions"; in versions 1 and 2 the auth rules have decided already.
 *
 * "Of the same server" is how servers trust each other: each is expected to let its users redact what they may. Whether a
 * user of this server may is decided by mayUserRedact.
 */
export function mayRedact(
  redaction: Pick<Pdu, 'sender' | 'roomId'>,
  target: Pick<Pdu, 'sender' | 'roomId'>,
  source: PowerLevelSource,
): boolean {
  if (redaction.roomId !== target.roomId) return false;
  if (source.rules.redactionsAuthorised) return true;
  if (serverNameOf(redaction.sender) === serverNameOf(target.sender)) return true;
  return userPowerLevel(redaction.sender, source) >= scalarLevel('redact', source.powerLevels, source.rules);
}

/** What breaks a room when it is redacted: the room's creation, and since an empty ACL denies every server, its ACL. */
const neverRedacted: readonly string[] = ['m.room.create', 'm.room.server_acl'];

/**
 * Whether a user of this server may redact an event: it is the user's own, or the user has the redact level. In every room
 * version. Client-Server API, "Redactions".
 */
export function mayUserRedact(
  redaction: Pick<Pdu, 'sender' | 'roomId'>,
  target: Pick<Pdu, 'sender' | 'roomId' | 'type' | 'stateKey'>,
  source: PowerLevelSource,
): boolean {
  if (redaction.roomId !== target.roomId) return false;
  if (target.stateKey !== undefined && neverRedacted.includes(target.type)) return false;
  if (redaction.sender === target.sender) return true;
  return userPowerLevel(redaction.sender, source) >= scalarLevel('redact', source.powerLevels, source.rules);
}
