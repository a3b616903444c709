import { afterAll } from 'vitest';
import { openRoomserver, type TestRoomserver } from './open-roomserver.ts';
import { RemoteServers } from './remote-servers.ts';

/** A roomserver among scripted servers, for the tests of one file. */
export async function withRemoteServers(): Promise<{ roomserver: TestRoomserver; servers: RemoteServers }> {
  const servers = new RemoteServers();
  const roomserver = await openRoomserver(servers);
  afterAll(() => roomserver.close());
  return { roomserver, servers };
}
