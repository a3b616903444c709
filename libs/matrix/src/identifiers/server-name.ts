import type { Branded } from './brand.ts';

/** The name of a homeserver: host name or IP address literal, with an optional port. Case-sensitive. */
export type ServerName = Branded<'ServerName'>;

export type ServerNameParts = {
  /** Without the square brackets of an IPv6 literal. */
  readonly host: string;
  readonly kind: 'dns' | 'ipv4' | 'ipv6';
  readonly port: number | undefined;
};

const MAX_DNS_NAME = 255;
const MAX_IPV6_LITERAL = 45;

/** Appendices, "Server Name". */
export function parseServerName(text: string): ServerName | undefined {
  return isServerName(text) ? text : undefined;
}

export function isServerName(text: string): text is ServerName {
  return text.charCodeAt(0) === 0x5b ? isIpv6WithPort(text) : isDnsNameWithPort(text);
}

/** Splits a server name into what is needed to connect to it. */
export function serverNameParts(serverName: ServerName): ServerNameParts {
  const bracket = serverName.lastIndexOf(']');
  const colon = serverName.indexOf(':', bracket + 1);
  const port = colon < 0 ? undefined : Number(serverName.slice(colon + 1));
  if (bracket > 0) return { host: serverName.slice(1, bracket), kind: 'ipv6', port };
  const host = colon < 0 ? serverName : serverName.slice(0, colon);
  return { host, kind: isIpv4(host) ? 'ipv4' : 'dns', port };
}

function isDnsNameWithPort(text: string): boolean {
  const colon = text.indexOf(':');
  const end = colon < 0 ? text.length : colon;
  if (end === 0 || end > MAX_DNS_NAME) return false;
  for (let i = 0; i < end; i++) if (!isDnsCharacter(text.charCodeAt(i))) return false;
  return colon < 0 || isPort(text, colon + 1);
}

function isIpv6WithPort(text: string): boolean {
  const close = text.indexOf(']');
  if (close < 3 || close > MAX_IPV6_LITERAL + 1) return false;
  for (let i = 1; i < close; i++) if (!isIpv6Character(text.charCodeAt(i))) return false;
  if (close + 1 === text.length) return true;
  return text.charCodeAt(close + 1) === 0x3a && isPort(text, close + 2);
}

function isPort(text: string, from: number): boolean {
  const digits = text.length - from;
  if (digits < 1 || digits > 5) return false;
  for (let i = from; i < text.length; i++) if (!isDigit(text.charCodeAt(i))) return false;
  return true;
}

function isIpv4(host: string): boolean {
  const parts = host.split('.');
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
}

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
}

function isDnsCharacter(c: number): boolean {
  return (c >= 0x61 && c <= 0x7a) || (c >= 0x41 && c <= 0x5a) || isDigit(c) || c === 0x2d || c === 0x2e;
}

function isIpv6Character(c: number): boolean {
  return isDigit(c) || (c >= 0x61 && c <= 0x66) || (c >= 0x41 && c <= 0x46) || c === 0x3a || c === 0x2e;
}
