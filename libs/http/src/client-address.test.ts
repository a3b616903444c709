import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { clientAddress, limitedAddress, trustedProxies } from './client-address.ts';

function addressOf(remote: string, forwardedFor: string | undefined, trusted: string[]): string {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: remote });
  const incoming = new IncomingMessage(socket);
  if (forwardedFor !== undefined) incoming.headers['x-forwarded-for'] = forwardedFor;
  return clientAddress(incoming, trustedProxies(trusted));
}

test('a stranger may not say who it is', () => {
  expect(addressOf('203.0.113.5', '1.2.3.4', ['10.0.0.0/8'])).toBe('203.0.113.5');
  expect(addressOf('203.0.113.5', '1.2.3.4', [])).toBe('203.0.113.5');
});

test('the last hop that is not ours is the client', () => {
  expect(addressOf('10.0.0.1', '1.2.3.4, 203.0.113.5, 10.0.0.2', ['10.0.0.0/8'])).toBe('203.0.113.5');
  expect(addressOf('::ffff:10.0.0.1', '203.0.113.5', ['10.0.0.0/8'])).toBe('203.0.113.5');
  expect(addressOf('fd00::1', '2001:db8::7', ['fd00::/8'])).toBe('2001:db8::7');
});

test('what is no address is not believed', () => {
  expect(addressOf('10.0.0.1', 'unknown', ['10.0.0.0/8'])).toBe('10.0.0.1');
  expect(addressOf('10.0.0.1', '', ['10.0.0.0/8'])).toBe('10.0.0.1');
});

test('a range that is none is named', () => {
  expect(() => trustedProxies(['localhost'])).toThrow('localhost');
});

test('limits by address count an IPv6 customer as one, however many addresses they have', () => {
  const network = limitedAddress('2001:db8:0:1::7');
  expect(network).toBe('2001:db8:0:1::/64');
  for (const same of ['2001:db8:0:1:ffff::', '2001:0db8::1:a:b:c:d', '2001:DB8:0:1:0:0:0:8'])
    expect(limitedAddress(same)).toBe(network);
  expect(limitedAddress('2001:db8:0:2::7')).not.toBe(network);
  expect([limitedAddress('::1'), limitedAddress('203.0.113.5')]).toEqual(['0:0:0:0::/64', '203.0.113.5']);
});
