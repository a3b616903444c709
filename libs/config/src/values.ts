import { isIP } from 'node:net';
import { parseServerName, type ServerName } from '@plexus/matrix';
import { z } from 'zod';

/** Values that several keys share. Each message completes the sentence "<key>: must be …". */

export const text = z.string().min(1);

/** A server name of the specification: a domain or address, with a port when it is not 8448 and not delegated. */
export const serverName = z.string().transform((value, context): ServerName => {
  const parsed = parseServerName(value);
  if (parsed !== undefined) return parsed;
  context.addIssue('must be a server name such as example.org, without https:// and without a path');
  return z.NEVER;
});

/** A URL of one of these schemes. The value is never repeated in an error: it may hold a password. */
export function url(...schemes: readonly string[]) {
  const message = `must be a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`;
  return z.string().refine((value) => {
    return URL.canParse(value) && schemes.includes(new URL(value).protocol.slice(0, -1));
  }, message);
}

export const port = z.number().int().min(0).max(65_535);

/** Where to listen; port 0 takes a free one. */
export const address = z.strictObject({ host: text.default('127.0.0.1'), port });
export type Address = z.output<typeof address>;

/** `host:port` of another process. */
export const hostAndPort = z
  .string()
  .regex(/^(?:\[[0-9A-Fa-f:.]+\]|[^\s:/[\]]+):\d{1,5}$/, 'must be a host and a port such as 10.0.0.1:8081');

/** One address, or a range in CIDR notation. */
export const addressRange = z.string().refine(isAddressRange, 'must be an address or a range such as 10.0.0.0/8');

function isAddressRange(value: string): boolean {
  const [ip, prefix, ...rest] = value.split('/');
  const version = isIP(ip ?? '');
  if (version === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

export const bytes = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER);

export const tokenBucket = z.strictObject({
  perSecond: z.number().positive().max(1_000_000),
  burst: z.number().int().min(1).max(1_000_000),
});

const units: Readonly<Record<string, number>> = {
  '': 1,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
};

/** Bytes as a number, or as Kubernetes writes them: `512Mi`, `1G`. */
export const byteSize = z.union([z.number(), z.string()]).transform((value, context): number => {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)(|[KMG]i?)B?$/.exec(String(value)) ?? [];
  const size = Math.round(Number(number) * (units[unit] ?? Number.NaN));
  if (number !== '' && Number.isSafeInteger(size) && size >= 1_048_576) return size;
  context.addIssue('must be a size of at least 1Mi, as bytes or as 512Mi or 1Gi');
  return z.NEVER;
});
