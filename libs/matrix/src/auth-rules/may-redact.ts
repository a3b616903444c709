import type { Pdu } from '../events/pdu.ts';
import { serverNameOf } from '../identifiers/server-of.ts';
import { type PowerLevelSource, scalarLevel, userPowerLevel } from './power-levels.ts';

/**
 * Whether a redaction that the auth rules let pass is to be applied: its sender has the redact level, or is of the same
 * server as the sender of what is redacted. By the state at the redaction. Room version 3, "Handling redactions"; in
 * versions 1 and 2 the auth rules have decided already.
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
