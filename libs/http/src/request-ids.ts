import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TrustedProxies } from './client-address.ts';

/** Names of requests for log lines: not secret, but unique over all processes. */
export interface RequestIds {
  of(incoming: IncomingMessage): string;
  /** A name for a request without headers. */
  next(): string;
}

/** A hop that is ours has named the request; else it gets a name of this process and a number, which cost no random bytes. */
export function requestIds(trusted: TrustedProxies): RequestIds {
  const prefix = randomBytes(6).toString('base64url');
  let count = 0;
  const next = () => {
    count += 1;
    return `${prefix}-${count.toString(36)}`;
  };
  return {
    next,
    of(incoming) {
      const given = incoming.headers['x-request-id'];
      if (typeof given === 'string' && isRequestId(given) && trusted.includes(incoming.socket.remoteAddress ?? ''))
        return given;
      return next();
    },
  };
}

function isRequestId(text: string): boolean {
  return /^[\w.-]{1,64}$/.test(text);
}
