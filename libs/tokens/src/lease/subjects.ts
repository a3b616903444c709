import type { StreamConnection } from '@plexus/streams';

/** Holders announce themselves; every userapi answers. */
export function announceSubject({ prefix }: StreamConnection): string {
  return `${prefix}plexus.session.announce`;
}

/** userapi tells holders which sessions have ended; every holder answers. */
export function invalidateSubject({ prefix }: StreamConnection): string {
  return `${prefix}plexus.session.invalidate`;
}
