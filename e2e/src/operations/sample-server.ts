import { randomUUID } from 'node:crypto';
import { service as appservice } from '@plexus/appservice';
import { service as clientapi } from '@plexus/clientapi';
import { service as federationapi } from '@plexus/federationapi';
import { service as mediaapi } from '@plexus/mediaapi';
import { service as roomserver } from '@plexus/roomserver';
import { type Operation, operations } from '@plexus/routes';
import { service as syncapi } from '@plexus/syncapi';
import { type Cluster, type ClusterOptions, startCluster } from '@plexus/testkit';
import { service as typing } from '@plexus/typing';
import { service as userapi } from '@plexus/userapi';
import { type Answer, at, send, textAt } from '../stack/http-client.ts';
import { registerUser, roomPath, type User, userOf } from '../stack/user.ts';
import type { SampleWorld } from './sample-requests.ts';

/** Every service in this process, with two users and a room for sample requests. */
export interface SampleServer {
  readonly cluster: Cluster;
  readonly world: SampleWorld;
  /** An administrator. */
  readonly user: User;
  /** Accounts for operations that end the sessions of who sends them. */
  readonly spares: User[];
  /** The operations that clients and administrators send and that some service answers. */
  readonly answered: readonly Operation[];
  stop(): Promise<void>;
}

export async function startSampleServer(servers: ClusterOptions['servers'] = {}): Promise<SampleServer> {
  const services = [userapi, roomserver, appservice, typing, syncapi, clientapi, federationapi, mediaapi];
  const cluster = await startCluster({
    services,
    servers,
    config: { registration: { open: true, sharedSecret: 'a shared secret' } },
  });
  try {
    const user = await administrator(cluster);
    const other = await registerUser(cluster.baseUrl);
    const world = await makeWorld(cluster, user, other);
    const spares = await Promise.all(Array.from({ length: 40 }, () => spareUser(cluster)));
    return { cluster, user, spares, world, answered: await answeredOperations(cluster), stop: () => cluster.stop() };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

/** Without the two requests of a registration. */
async function spareUser({ baseUrl, clients }: Cluster): Promise<User> {
  const account = { localpart: `spare${randomUUID().slice(0, 8)}`, password: 'a long password', inhibitLogin: false };
  const { result } = await clients.userapi.register({ ...account, admin: false });
  if (result?.$case !== 'account' || result.value.session === undefined) throw new Error('no session of a spare user');
  const { userId, deviceId, accessToken } = result.value.session;
  return userOf(baseUrl, { user_id: userId, device_id: deviceId, access_token: accessToken });
}

async function administrator({ baseUrl, clients }: Cluster): Promise<User> {
  const account = { localpart: 'admin', password: 'a long password', admin: true, inhibitLogin: true };
  await clients.userapi.register(account);
  const body = {
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user: 'admin' },
    password: account.password,
  };
  return userOf(baseUrl, (await send(baseUrl, 'POST', '/_matrix/client/v3/login', { body })).json);
}

async function makeWorld({ baseUrl }: Cluster, user: User, other: User): Promise<SampleWorld> {
  const room = { preset: 'public_chat', room_alias_name: 'sample' };
  const roomId = textAt(await user.ok('POST', '/_matrix/client/v3/createRoom', room), 'room_id');
  const message = { msgtype: 'm.text', body: 'sample' };
  const sent = await user.ok('PUT', roomPath(roomId, 'send/m.room.message/1'), message);
  const filterPath = `/_matrix/client/v3/user/${encodeURIComponent(user.userId)}/filter`;
  const file = Buffer.from('a file');
  const upload = await send(baseUrl, 'POST', '/_matrix/media/v3/upload', { token: user.token, body: file });
  const [serverName = '', mediaId = ''] = textAt(upload.json, 'content_uri').replace('mxc://', '').split('/');
  return {
    userId: user.userId,
    otherUserId: other.userId,
    deviceId: user.deviceId,
    roomId,
    roomAlias: `#sample:${serverName}`,
    eventId: textAt(sent, 'event_id'),
    serverName,
    mediaId,
    filterId: textAt(await user.ok('POST', filterPath, {}), 'filter_id'),
  };
}

/** A route without a handler answers 404 M_UNRECOGNIZED, whatever the rest of the request is. */
async function answeredOperations({ baseUrl }: Cluster): Promise<Operation[]> {
  const candidates = operations.filter(({ key }) => !key.startsWith('federation.'));
  const isAnswered = await Promise.all(
    candidates.map(async ({ method, path }) => {
      const answer = await send(baseUrl, method, path.replace(/\{\w+\}/g, 'x'), { token: 'nobody' });
      return !isUnrecognized(answer);
    }),
  );
  return candidates.filter((_, index) => isAnswered[index]);
}

export function isUnrecognized({ status, json }: Answer): boolean {
  return status === 404 && at(json, 'errcode') === 'M_UNRECOGNIZED';
}
