import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** Proxies whose X-Forwarded-For is believed. */
export interface TrustedProxies {
  includes(address: string): boolean;
}

/** Addresses and CIDR ranges; throws on one that is neither, naming it. */
export function trustedProxies(entries: readonly string[]): TrustedProxies {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', prefix] = entry.split('/');
    const family = familyOf(address);
    if (family === undefined) throw new TypeError(`${entry} is neither an address nor a range of addresses`);
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return {
    includes: (address) => {
      const family = familyOf(address);
      return family !== undefined && list.check(address, family);
    },
  };
}

/** The client's address: the last hop that is not ours. What stands left of it in X-Forwarded-For is the client's own word. */
export function clientAddress(incoming: IncomingMessage, trusted: TrustedProxies): string {
  let address = plain(incoming.socket.remoteAddress ?? '');
  const header = incoming.headers['x-forwarded-for'];
  if (header === undefined) return address;
  const hops = (typeof header === 'string' ? header : header.join(',')).split(',');
  while (trusted.includes(address)) {
    const hop = plain(hops.pop()?.trim() ?? '');
    if (isIP(hop) === 0) return address;
    address = hop;
  }
  return address;
}

/** Whom a limit by address counts: an IPv4 address, and of IPv6 the network of 64 bits that one customer has at the least. */
export function limitedAddress(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? [];
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - after.length);
  const all = [...groups, ...Array<string>(zeros).fill('0'), ...after];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

/** An IPv4 address that came in over an IPv6 socket, as IPv4. */
function plain(address: string): string {
  return address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(address);
  return version === 4 ? 'ipv4' : version === 6 ? 'ipv6' : undefined;
}
