import type { Operation } from '@plexus/routes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { at, type Json, listAt, send, textAt } from '../stack/http-client.ts';
import { roomPath } from '../stack/user.ts';
import { type SampleRequest, sampleRequest, targetOf } from './sample-requests.ts';
import { type SampleServer, startSampleServer } from './sample-server.ts';

let server: SampleServer;

beforeAll(async () => {
  server = await startSampleServer();
});

afterAll(() => server?.stop());

/** The request once for each of its texts, with U+0000 at the end of that one. */
function* withNul(request: SampleRequest): Generator<readonly [where: string, request: SampleRequest]> {
  for (const name in request.params)
    yield [`{${name}}`, { ...request, params: { ...request.params, [name]: `${request.params[name]}\0` } }];
  for (const name in request.query)
    yield [`?${name}`, { ...request, query: { ...request.query, [name]: `${request.query[name]}\0` } }];
  for (const [path, changed] of textsOf(request.body ?? {}, ''))
    if (typeof changed === 'object' && changed !== null && !Array.isArray(changed))
      yield [path, { ...request, body: changed }];
}

function* textsOf(value: Json, path: string): Generator<readonly [string, Json]> {
  if (typeof value === 'string') yield [path, `${value}\0`];
  else if (Array.isArray(value))
    for (const [index, item] of value.entries())
      for (const [where, changed] of textsOf(item, `${path}[${index}]`)) yield [where, value.with(index, changed)];
  else if (typeof value === 'object' && value !== null)
    for (const key of Object.keys(value)) {
      yield [`${path}.${key} as a name`, { ...value, [`${key}\0`]: value[key] ?? null }];
      for (const [where, changed] of textsOf(value[key] ?? null, `${path}.${key}`))
        yield [where, { ...value, [key]: changed }];
    }
}

async function outcomesOf(operation: Operation): Promise<string[]> {
  const { cluster, user, world } = server;
  const broken: string[] = [];
  for (const [where, request] of withNul(sampleRequest(operation, world))) {
    const answer = await send(cluster.baseUrl, request.method, targetOf(request), {
      token: operation.key.startsWith('client.logout') ? 'nobody' : user.token,
      ...(request.body !== undefined && { body: request.body }),
      ...(operation.body === 'raw' && { body: Buffer.from('a file') }),
    });
    // A 401 may ask for stages of an interactive authentication, and has no errcode then.
    const hasErrcode = answer.status < 400 || answer.status === 401 || answer.text.includes('"errcode":"M_');
    if (answer.status >= 500 || !hasErrcode) broken.push(`${operation.key} ${where}: ${answer.status} ${answer.text}`);
  }
  return broken;
}

describe('U+0000 in any text of a request', () => {
  test('is answered with a 4xx or stored, by every operation, and never with a 5xx', async () => {
    const broken: string[] = [];
    // One after another: logins at once would be too much work, which is another 503.
    for (const operation of server.answered) broken.push(...(await outcomesOf(operation)));
    expect(broken).toEqual([]);
    const errors = server.cluster.observability.lines.filter(({ level }) => level === 'error');
    expect(errors).toEqual([]);
  }, 120_000);

  test('stays in the content of events, account data and filters, which are stored whole', async () => {
    const { user } = server;
    const made = await user.ok('POST', '/_matrix/client/v3/createRoom', { visibility: 'public' });
    const roomId = textAt(made, 'room_id');
    const content = { msgtype: 'm.text', body: 'a\0b', 'key\0': ['\0'] };
    const sent = await user.ok('PUT', roomPath(roomId, 'send/m.room.message/nul'), content);
    const path = roomPath(roomId, `event/${encodeURIComponent(textAt(sent, 'event_id'))}`);
    expect(at(await user.ok('GET', path), 'content')).toEqual(content);
    await user.ok('PUT', roomPath(roomId, 'state/m.room.name/'), { name: 'a\0b' });
    await user.ok('PUT', roomPath(roomId, 'state/m.room.topic/'), { topic: '\0' });
    const member = roomPath(roomId, `state/m.room.member/${encodeURIComponent(user.userId)}`);
    await user.ok('PUT', member, { membership: 'join', displayname: 'a\0b', avatar_url: '\0' });
    const data = `/_matrix/client/v3/user/${encodeURIComponent(user.userId)}/account_data/org.example.nul`;
    await user.ok('PUT', data, content);
    expect(await user.ok('GET', data)).toEqual(content);
    const sync = await user.ok('GET', '/_matrix/client/v3/sync?timeout=0');
    const events = listAt(sync, 'rooms', 'join', roomId, 'timeline', 'events');
    expect(events.map((event) => at(event, 'content', 'displayname'))).toContain('a\0b');
    const directory = await user.ok('POST', '/_matrix/client/v3/publicRooms', {});
    expect(listAt(directory, 'chunk')).toBeInstanceOf(Array);
  });
});
