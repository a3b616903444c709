import { parseServerName } from '@plexus/matrix';
import { describe, expect, it } from 'vitest';
import { type DiscoveryLookups, resolveServer } from './resolve-server.ts';

const nothing: DiscoveryLookups = { wellKnown: async () => undefined, srv: async () => [] };

function resolve(name: string, lookups: Partial<DiscoveryLookups> = {}) {
  const serverName = parseServerName(name);
  if (serverName === undefined) throw new Error(`no server name: ${name}`);
  return resolveServer(serverName, { ...nothing, ...lookups });
}

describe('a server is found', () => {
  it('at an address literal, on 8448 or its port', async () => {
    expect(await resolve('1.2.3.4')).toMatchObject({ host: '1.2.3.4', port: 8448, hostHeader: '1.2.3.4' });
    expect(await resolve('[::1]:99')).toMatchObject({ host: '::1', port: 99, hostHeader: '[::1]:99' });
  });

  it('at an explicit port without asking anybody', async () => {
    const asked = { wellKnown: async () => 'other.org' };
    expect(await resolve('a.org:1', asked)).toMatchObject({ host: 'a.org', port: 1, hostHeader: 'a.org:1' });
  });

  it('where its well-known file points', async () => {
    const wellKnown = async () => 'b.org:1';
    expect(await resolve('a.org', { wellKnown })).toMatchObject({ host: 'b.org', port: 1, certificateName: 'b.org' });
  });

  it('by the SRV record of where its well-known file points, with the certificate of that name', async () => {
    const srv = async (name: string) => (name === '_matrix-fed._tcp.b.org' ? [{ name: 'c.org', port: 2 }] : []);
    expect(await resolve('a.org', { wellKnown: async () => 'b.org', srv })).toEqual({
      host: 'c.org',
      port: 2,
      hostHeader: 'b.org',
      certificateName: 'b.org',
    });
  });

  it('by its own SRV record, the new name before the old one', async () => {
    const srv = async (name: string) => [{ name: name.startsWith('_matrix-fed') ? 'new.org' : 'old.org', port: 3 }];
    expect(await resolve('a.org', { srv })).toMatchObject({ host: 'new.org', hostHeader: 'a.org' });
    const old = async (name: string) => (name.startsWith('_matrix._tcp') ? [{ name: 'old.org', port: 3 }] : []);
    expect(await resolve('a.org', { srv: old })).toMatchObject({ host: 'old.org' });
  });

  it('else at port 8448 of its own name', async () => {
    expect(await resolve('a.org', { wellKnown: async () => 'not a server' })).toMatchObject({
      host: 'a.org',
      port: 8448,
    });
  });
});
