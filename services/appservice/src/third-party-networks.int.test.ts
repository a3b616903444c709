import { createServer, type Server } from 'node:http';
import { parseServerName } from '@plexus/matrix';
import { fakeClock } from '@plexus/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { type Bridge, connectBridge } from './clients/bridge.ts';
import { parseRegistration, type Registration } from './domain/registration.ts';
import { ThirdPartyNetworks } from './third-party-networks.ts';

interface Started {
  readonly registration: Registration;
  readonly bridge: Bridge;
  readonly asked: string[];
  readonly server: Server;
}

const started: Started[] = [];

afterEach(async () => {
  for (const { bridge, server } of started.splice(0)) {
    await bridge.close();
    server.closeAllConnections();
    server.close();
  }
});

/** A bridge that answers the paths it is given with JSON, and everything else with 404. */
async function startBridge(id: string, answers: Readonly<Record<string, unknown>>): Promise<Started> {
  const asked: string[] = [];
  const server = createServer(({ url = '' }, outgoing) => {
    asked.push(url);
    const answer = answers[url];
    outgoing.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const registration = registrationOf(id, url);
  const bridge = { registration, bridge: connectBridge({ ...registration, url }), asked, server };
  started.push(bridge);
  return bridge;
}

function registrationOf(id: string, url: string): Registration {
  const serverName = parseServerName('example.org');
  if (serverName === undefined) throw new TypeError('not a server name');
  const parsed = parseRegistration(
    {
      id,
      url,
      as_token: `${id}-as`,
      hs_token: `${id}-hs`,
      sender_localpart: `${id}_bot`,
      protocols: ['irc'],
      namespaces: {
        users: [{ regex: `@${id}_`, exclusive: true }],
        aliases: [{ regex: `#${id}_`, exclusive: true }],
      },
    },
    serverName,
  );
  if ('errors' in parsed) throw new Error(parsed.errors.join());
  return parsed.registration;
}

function networks(bridges: readonly Started[]) {
  const clock = fakeClock();
  const byId = new Map(bridges.map(({ registration, bridge }) => [registration.id, bridge]));
  const registrations = bridges.map(({ registration }) => registration);
  return { clock, networks: new ThirdPartyNetworks(registrations, byId, clock) };
}

const v1 = '/_matrix/app/v1/thirdparty';
const unstable = '/_matrix/app/unstable/thirdparty';
const irc = (network: string) => ({
  user_fields: ['network', 'nickname'],
  location_fields: ['network', 'channel'],
  icon: 'mxc://example.org/irc',
  field_types: {},
  instances: [{ desc: network, fields: { network }, network_id: network }],
});

describe('the networks of third parties', () => {
  it('are those that the bridges describe, with the instances of all bridges of a protocol', async () => {
    const one = await startBridge('one', { [`${v1}/protocol/irc`]: irc('libera') });
    const old = await startBridge('old', { [`${unstable}/protocol/irc`]: irc('oftc') });
    const { networks: all } = networks([one, old]);
    expect(await all.protocols()).toEqual({
      irc: {
        ...irc('libera'),
        instances: [
          { ...irc('libera').instances[0], instance_id: 'one|libera' },
          { ...irc('oftc').instances[0], instance_id: 'old|oftc' },
        ],
      },
    });
    expect(await all.protocol('xmpp')).toBeUndefined();
  });

  it('are none without bridges', async () => {
    expect(await networks([]).networks.protocols()).toEqual({});
  });

  it('are asked for once an hour, and a bridge that has no answer once a minute', async () => {
    const good = await startBridge('good', { [`${v1}/protocol/irc`]: irc('libera') });
    const bad = await startBridge('bad', { [`${v1}/protocol/irc`]: ['not a protocol'] });
    const { clock, networks: all } = networks([good, bad]);
    const asked = async () => {
      await all.protocols();
      return [good.asked.length, bad.asked.length];
    };
    expect(await asked()).toEqual([1, 1]);
    expect(await asked()).toEqual([1, 1]);
    clock.advance(61_000);
    expect(await asked()).toEqual([1, 2]);
    clock.advance(3_600_000);
    expect(await asked()).toEqual([2, 3]);
  });

  it('leave out a bridge that is not there', async () => {
    const gone = await startBridge('gone', {});
    const here = await startBridge('here', { [`${v1}/protocol/irc`]: irc('libera') });
    await new Promise((resolve) => gone.server.close(resolve));
    const { networks: all } = networks([gone, here]);
    expect(await all.protocol('irc')).toMatchObject({ instances: [{ instance_id: 'here|libera' }] });
  });

  it('are searched for users and locations by the fields that the client gives', async () => {
    const user = { userid: '@one_bob:example.org', protocol: 'irc', fields: { nickname: 'bob' } };
    const location = { alias: '#one_tea:example.org', protocol: 'irc', fields: { channel: '#tea' } };
    const one = await startBridge('one', {
      [`${v1}/user/irc?nickname=bob`]: [user, { userid: 1 }, 'nonsense'],
      [`${v1}/location/irc?channel=%23tea`]: [location],
    });
    const { networks: all } = networks([one]);
    expect(await all.lookUp('user', 'irc', new URLSearchParams({ nickname: 'bob' }))).toEqual([user]);
    expect(await all.lookUp('location', 'irc', new URLSearchParams({ channel: '#tea' }))).toEqual([location]);
    expect(await all.lookUp('user', 'xmpp', new URLSearchParams({ nickname: 'bob' }))).toEqual([]);
  });

  it('are searched for what a Matrix user or alias is in them, by the bridge whose namespace it is in', async () => {
    const user = { userid: '@one_bob:example.org', protocol: 'irc', fields: { nickname: 'bob' } };
    const one = await startBridge('one', { [`${v1}/user?userid=%40one_bob%3Aexample.org`]: [user] });
    const two = await startBridge('two', {});
    const { networks: all } = networks([one, two]);
    expect(await all.reverseLookUp('user', '@one_bob:example.org')).toEqual([user]);
    expect(await all.reverseLookUp('location', '#one_tea:example.org')).toEqual([]);
    expect(two.asked).toEqual([]);
  });
});
