import { parseServerName } from '@plexus/matrix';
import { describe, expect, it } from 'vitest';
import { type DiscoveryLookups, orderedBySrv, resolveServer, type SrvRecord } from './resolve-server.ts';

const nothing: DiscoveryLookups = { wellKnown: async () => undefined, srv: async () => [], random: () => 0 };

function record(name: string, port: number, priority = 10, weight = 5): SrvRecord {
  return { name, port, priority, weight };
}

function addressesOf(name: string, lookups: Partial<DiscoveryLookups> = {}) {
  const serverName = parseServerName(name);
  if (serverName === undefined) throw new Error(`no server name: ${name}`);
  return resolveServer(serverName, { ...nothing, ...lookups });
}

/** The first address of the server. */
async function resolve(name: string, lookups: Partial<DiscoveryLookups> = {}) {
  return (await addressesOf(name, lookups))[0];
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
    const srv = async (name: string) => (name === '_matrix-fed._tcp.b.org' ? [record('c.org', 2)] : []);
    expect(await resolve('a.org', { wellKnown: async () => 'b.org', srv })).toEqual({
      host: 'c.org',
      port: 2,
      hostHeader: 'b.org',
      certificateName: 'b.org',
    });
  });

  it('by its own SRV record, the new name before the old one', async () => {
    const srv = async (name: string) => [record(name.startsWith('_matrix-fed') ? 'new.org' : 'old.org', 3)];
    expect(await resolve('a.org', { srv })).toMatchObject({ host: 'new.org', hostHeader: 'a.org' });
    const old = async (name: string) => (name.startsWith('_matrix._tcp') ? [record('old.org', 3)] : []);
    expect(await resolve('a.org', { srv: old })).toMatchObject({ host: 'old.org' });
  });

  it('else at port 8448 of its own name', async () => {
    expect(await resolve('a.org', { wellKnown: async () => 'not a server' })).toMatchObject({
      host: 'a.org',
      port: 8448,
    });
  });

  it('at every target of its SRV record, each with the certificate of the server, so that one may be down', async () => {
    const srv = async () => [record('b.org.', 2, 20), record('a1.org', 1), record('c.org', 3, 30)];
    const found = await addressesOf('a.org', { srv });
    expect(found.map(({ host, port, certificateName }) => [host, port, certificateName])).toEqual([
      ['a1.org', 1, 'a.org'],
      ['b.org', 2, 'a.org'],
      ['c.org', 3, 'a.org'],
    ]);
  });

  it('nowhere, when its SRV record says that there is no such service', async () => {
    expect(await addressesOf('a.org', { srv: async () => [record('.', 0)] })).toEqual([]);
  });
});

describe('SRV records of one priority', () => {
  it('are drawn in proportion to their weights', () => {
    const records = [record('light', 1, 1, 10), record('heavy', 1, 1, 90), record('never first', 1, 2, 1000)];
    let state = 1;
    const random = () => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    const firsts = Array.from({ length: 1_000 }, () => orderedBySrv(records, random)[0]?.name);
    const heavy = firsts.filter((name) => name === 'heavy').length;
    expect(firsts.filter((name) => name === 'never first')).toEqual([]);
    expect(heavy).toBeGreaterThan(850);
    expect(heavy).toBeLessThan(950);
  });

  it('are each drawn once, also those of no weight', () => {
    const records = [record('a', 1, 1, 0), record('b', 1, 1, 0), record('c', 1, 1, 3)];
    for (const value of [0, 0.5, 0.999_999])
      expect(
        orderedBySrv(records, () => value)
          .map(({ name }) => name)
          .sort(),
      ).toEqual(['a', 'b', 'c']);
  });
});
