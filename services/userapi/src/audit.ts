import type { Logger } from '@plexus/observability';

/** What an administrator did. */
export interface AdministrativeAction {
  /** As in `user.create`. */
  readonly action: string;
  /** Who asked: `console`, or the user id of an administrator; undefined for what users do themselves, which is not noted here. */
  readonly actor: string | undefined;
  /** Whom or what it was done to. */
  readonly subject: string;
}

export type Audit = (action: AdministrativeAction) => void;

/** Writes one line of the log for each thing that an administrator did, as the HTTP edge does for requests. Never with a password or a token of a session. */
export function auditTo(log: Logger): Audit {
  return ({ action, actor, subject }) => {
    if (actor !== undefined) log.info({ operation: action, user: actor, subject }, 'audit');
  };
}
