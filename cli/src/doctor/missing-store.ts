import { messageOf } from '../cli-error.ts';

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'it closes the connection',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name cannot be looked up',
  ETIMEDOUT: 'it does not answer',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  ENOENT: 'there is no such socket',
};

/**
 * That a store cannot be used, and the way out.
 * @param at where it should be, without passwords.
 * @param keys of the configuration that say so.
 */
export const missingStore = (store: string, at: string, keys: string, error: unknown): string =>
  `${store} at ${at} cannot be used: ${reasonOf(error)}; start it, or correct ${keys}`;

const reasonOf = (error: unknown): string => {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const code = 'code' in cause ? String(cause.code) : '';
    const known =
      reasons[code] ??
      Object.entries(reasons).find(([each]) => cause instanceof Error && cause.message.includes(each))?.[1];
    if (known !== undefined) return known;
    if (cause instanceof AggregateError && cause.errors[0] !== undefined) return reasonOf(cause.errors[0]);
  }
  const said = messageOf(error).toLowerCase();
  return said.includes('connection refused') ? 'nobody listens there' : said || 'it does not answer';
};

/** Host and port of a URL, or its socket. */
export const placeOf = (url: string): string => {
  const { host, searchParams } = new URL(url);
  return searchParams.get('host') ?? host;
};
