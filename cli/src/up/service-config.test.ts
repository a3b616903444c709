import { parseConfig } from '@plexus/config';
import { expect, test } from 'vitest';
import { dataFolder } from '../folder/data-folder.ts';
import { planProcesses, portsNeeded } from './process-plan.ts';
import { type Placement, serviceConfig, urlHost } from './service-config.ts';
import { type Layout, mergeSettings } from './settings.ts';

const servers = {
  postgresUrl: 'postgresql://plexus:a@localhost/plexus?host=%2Frun',
  natsUrl: 'nats://token@127.0.0.1:4222',
  redisUrl: 'redis://:b@127.0.0.1:6379',
};

const placement = (layout: Layout): Placement => {
  const merged = mergeSettings({ data: '/d', rateLimits: true, appservice: [], processes: layout }, {});
  if ('errors' in merged) throw new Error(merged.errors.join());
  const ports = Array.from({ length: portsNeeded(layout) }, (_, index) => 10_000 + index);
  const plans = planProcesses(layout, ports);
  const serverPorts = [20_001, 20_002, 20_003] as const;
  const where = { folder: dataFolder('/d'), serverName: 'example.org', rpcToken: 'shown', oldSigningKeys: [] };
  return { ...where, settings: merged.settings, clientPort: 8008, federationPort: 8448, serverPorts, plans };
};

const configsOf = (layout: Layout) => {
  const placed = placement(layout);
  return placed.plans.map((plan) => {
    const parsed = parseConfig(serviceConfig(placed, plan, servers));
    if (parsed.kind === 'errors') throw new Error(parsed.errors.join('\n'));
    return { plan, config: parsed.config };
  });
};

test('one process opens both doors and looks for nobody elsewhere', () => {
  const [{ config } = { config: undefined }, ...others] = configsOf('one');
  expect(others).toEqual([]);
  expect(config?.listen).toMatchObject({ http: { port: 8008 }, federation: { port: 8448 } });
  expect(config?.services).toEqual({});
  expect(config?.nats).toMatchObject({ servers: ['nats://127.0.0.1:4222'], token: 'token' });
});

test('of processes a service the gateway alone opens the door for clients, federationapi the one for servers', () => {
  const configs = configsOf('each');
  const doors = configs.filter(({ config }) => config.listen.http?.port === 8008).map(({ plan }) => plan.name);
  const serverDoors = configs
    .filter(({ config }) => config.listen.federation !== undefined)
    .map(({ plan }) => plan.name);
  expect(doors).toEqual(['gateway']);
  expect(serverDoors).toEqual(['federationapi']);
});

test('each process finds every other service where that one listens', () => {
  const configs = configsOf('each');
  for (const { plan, config } of configs)
    for (const other of configs) {
      if (other === undefined || other.plan === plan || other.plan.name === 'gateway') continue;
      const peer = Object.entries(config.services).find(([name]) => name === other.plan.name)?.[1];
      expect(peer?.rpc).toEqual([`127.0.0.1:${other.config.listen.rpc?.port}`]);
      expect(peer?.http).toEqual([`http://127.0.0.1:${other.config.listen.http?.port}`]);
    }
});

test('a server that listens everywhere is reached on loopback', () => {
  expect(['0.0.0.0', '::', '::1', '10.0.0.1'].map(urlHost)).toEqual(['127.0.0.1', '[::1]', '[::1]', '10.0.0.1']);
});
