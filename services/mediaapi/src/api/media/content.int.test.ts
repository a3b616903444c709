import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, type TestDatabase } from '@plexus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MediaClient, problem } from '../../testing/media-client.ts';
import { type RunningMediaapi, startMediaapi, withDatabase } from '../../testing/start-mediaapi.ts';

const rules = { maxUploadBytes: 1_000_000, maxImagePixels: 1_000_000, unauthenticatedDownloads: false };

let database: TestDatabase;
let mediaapi: RunningMediaapi;
let client: MediaClient;

beforeAll(async () => {
  database = await withDatabase();
  mediaapi = await startMediaapi(database, rules);
  client = new MediaClient(mediaapi);
});

afterAll(async () => {
  await mediaapi.stop();
  await database.drop();
});

describe('an upload', () => {
  it('comes back byte for byte, with its type and name, and headers that make it harmless', async () => {
    const bytes = randomBytes(300_000);
    const mediaId = await client.upload(bytes, { contentType: 'image/png', fileName: 'naïve "cat".png' });
    const response = await client.download(mediaId);
    expect(response.status).toBe(200);
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-length': '300000',
      'content-disposition': `inline; filename="na_ve \\"cat\\".png"; filename*=UTF-8''na%C3%AFve%20%22cat%22.png`,
      'content-security-policy': expect.stringContaining('sandbox;'),
      'cross-origin-resource-policy': 'cross-origin',
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, max-age=31536000, immutable',
    });
  });

  it('of the same bytes by two users is kept once, under two ids', async () => {
    const bytes = randomBytes(1000);
    const before = (await mediaapi.files()).length;
    const ids = [await client.upload(bytes), await client.upload(bytes, { token: 'bob' })];
    expect(new Set(ids).size).toBe(2);
    expect((await mediaapi.files()).length).toBe(before + 1);
  });

  it('of nothing is media of no bytes', async () => {
    const response = await client.download(await client.upload(''));
    expect((await response.arrayBuffer()).byteLength).toBe(0);
    expect(response.headers.get('content-type')).toBe('text/plain;charset=UTF-8');
  });

  it('that is too large is refused by its length, and while it streams, and nothing stays', async () => {
    const before = await mediaapi.files();
    expect(await problem(await client.post(randomBytes(1_000_001)))).toBe('413 M_TOO_LARGE');
    expect(await stream(Array.from({ length: 30 }, () => randomBytes(100_000)))).toBe(413);
    expect(await mediaapi.files()).toEqual(before);
  });

  it('that is cut off leaves nothing', async () => {
    const before = await mediaapi.files();
    await cutOff();
    await eventually('the unfinished file is gone', async () => (await mediaapi.files()).length === before.length);
  });

  it('needs an access token', async () => {
    const upload = { method: 'POST', body: 'x' };
    expect(await problem(await client.fetch('/_matrix/media/v3/upload', upload))).toBe('401 M_MISSING_TOKEN');
    expect(await problem(await client.fetch('/_matrix/media/v3/upload', { ...upload, token: 'X' }))).toBe(
      '401 M_UNKNOWN_TOKEN',
    );
  });

  it.each([
    ['text/html', 'attachment', 'text/html'],
    ['image/svg+xml', 'attachment', 'image/svg+xml'],
    ['application/javascript', 'attachment', 'application/javascript'],
    ['text/html; x=image/png', 'attachment', 'text/html; x=image/png'],
    ['text/plain; charset=utf-8', 'inline', 'text/plain; charset=utf-8'],
    ['not a type', 'attachment', 'application/octet-stream'],
  ])('of type %j is served as %s', async (contentType, disposition, served) => {
    const response = await client.download(await client.upload('<script>alert(1)</script>', { contentType }));
    expect(response.headers.get('content-disposition')).toBe(disposition);
    expect(response.headers.get('content-type')).toBe(served);
  });
});

describe('a download', () => {
  it('takes the name of its path, whatever that is', async () => {
    const mediaId = await client.upload('x', { fileName: 'own.txt' });
    const named = await client.download(mediaId, '/other%0D%0AX-Evil:%201.txt');
    expect(named.headers.get('content-disposition')).toBe('inline; filename="otherX-Evil: 1.txt"');
    expect(named.headers.get('x-evil')).toBeNull();
  });

  it('is not sent again to who has it, nor by HEAD', async () => {
    const mediaId = await client.upload('content');
    const path = `/_matrix/client/v1/media/download/example.org/${mediaId}`;
    const etag = (await client.download(mediaId)).headers.get('etag') ?? '';
    const again = await client.fetch(path, { token: 'alice', headers: { 'If-None-Match': etag } });
    expect(again.status).toBe(304);
    const head = await client.fetch(path, { token: 'alice', method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe('7');
    expect(await head.text()).toBe('');
  });

  it.each([
    'example.org/unknown',
    'elsewhere.org/unknown',
    'example.org/..',
    'example.org/%2e%2e',
    'example.org/..%2f..%2f..%2fetc%2fpasswd',
    'example.org/%2e%2e%2f%2e%2e%2fetc%2fpasswd',
    'example.org/a%00b',
    'example.org/a%5c..%5cb',
    '..%2f..%2f/passwd',
    '127.0.0.1%2f..%2f../passwd',
    'EXAMPLE.ORG/unknown',
    `example.org/${'a'.repeat(5000)}`,
  ])('of %j finds nothing', async (path) => {
    for (const kind of ['download', 'thumbnail']) {
      const query = kind === 'thumbnail' ? '?width=1&height=1' : '';
      expect(await rawGet(`/_matrix/client/v1/media/${kind}/${path}${query}`)).toMatch(
        /^404 M_(NOT_FOUND|UNRECOGNIZED)$/,
      );
    }
  });

  it('of a path that is no UTF-8 is refused', async () => {
    expect(await rawGet('/_matrix/client/v1/media/download/example.org/%ff%fe')).toMatch(/^4\d\d M_/);
  });

  it('needs an access token', async () => {
    const mediaId = await client.upload('secret');
    const response = await client.fetch(`/_matrix/client/v1/media/download/example.org/${mediaId}`, {});
    expect(await problem(response)).toBe('401 M_MISSING_TOKEN');
  });

  it('whose file is gone is not found', async () => {
    const bytes = randomBytes(50);
    const mediaId = await client.upload(bytes);
    const { hash } = await mediaapi.context.files.writeContent(readable(bytes), 100);
    await rm(mediaapi.context.files.contentPath(hash));
    expect(await problem(await client.download(mediaId))).toBe('404 M_NOT_FOUND');
  });

  it('that the client leaves in the middle leaves no file open', async () => {
    const mediaId = await client.upload(randomBytes(900_000));
    for (let i = 0; i < 20; i++) {
      const controller = new AbortController();
      const path = `/_matrix/client/v1/media/download/example.org/${mediaId}`;
      const response = await client.fetch(path, { token: 'alice', signal: controller.signal });
      await response.body?.getReader().read();
      controller.abort();
    }
    expect((await client.download(mediaId)).status).toBe(200);
  });
});

describe('the older paths without an access token', () => {
  const legacy = (mediaId: string) =>
    ['r0', 'v1', 'v3'].map((version) => `/_matrix/media/${version}/download/example.org/${mediaId}`);

  it('give nothing of what was uploaded while they were frozen', async () => {
    const mediaId = await client.upload('new');
    for (const path of legacy(mediaId)) expect(await problem(await client.fetch(path, {}))).toBe('404 M_NOT_FOUND');
  });

  it('give what was uploaded while they were open, also after they were frozen', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'plexus-media-'));
    const open = await startMediaapi(database, { ...rules, unauthenticatedDownloads: true }, directory);
    const mediaId = await new MediaClient(open).upload('old');
    await open.stop();
    const frozen = await startMediaapi(database, rules, directory);
    for (const path of legacy(mediaId)) {
      const response = await new MediaClient(frozen).fetch(path, {});
      expect(await response.text()).toBe('old');
      expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    }
    await frozen.stop();
    await rm(directory, { recursive: true });
  });
});

describe('media that is created first and uploaded later', () => {
  it('is waited for, and then given', async () => {
    const mediaId = await created();
    const waiting = client.download(mediaId, '?timeout_ms=5000');
    expect((await put(mediaId, 'late')).status).toBe(200);
    expect(await (await waiting).text()).toBe('late');
  });

  it('is not yet uploaded when the wait is over', async () => {
    const mediaId = await created();
    expect(await problem(await client.download(mediaId, '?timeout_ms=0'))).toBe('504 M_NOT_YET_UPLOADED');
    expect(await problem(await client.download(mediaId, '?timeout_ms=junk'))).toBe('400 M_INVALID_PARAM');
  });

  it('is uploaded by its creator alone, once', async () => {
    const mediaId = await created();
    expect(await problem(await put(mediaId, 'x', 'bob'))).toBe('403 M_FORBIDDEN');
    expect(await problem(await put('unknown', 'x'))).toBe('404 M_NOT_FOUND');
    const answers = await Promise.all([put(mediaId, 'one'), put(mediaId, 'two'), put(mediaId, 'three')]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409]);
    expect(await problem(await put(mediaId, 'x'))).toBe('409 M_CANNOT_OVERWRITE_MEDIA');
  });

  it('is limited to fifty ids a user at a time', async () => {
    const create = () => client.fetch('/_matrix/media/v1/create', { method: 'POST', token: 'greedy' });
    for (let i = 0; i < 50; i++) expect((await create()).status).toBe(200);
    expect(await problem(await create())).toBe('429 M_LIMIT_EXCEEDED');
  });
});

it('the configuration says how large uploads may be, under all paths', async () => {
  for (const path of ['/_matrix/client/v1/media/config', '/_matrix/media/v3/config', '/_matrix/media/r0/config'])
    expect(await (await client.fetch(path)).json()).toEqual({ 'm.upload.size': 1_000_000 });
});

it('previews of URLs are not served', async () => {
  const response = await client.fetch('/_matrix/client/v1/media/preview_url?url=http://127.0.0.1/');
  expect(await problem(response)).toBe('404 M_UNRECOGNIZED');
});

it('what killed uploads left behind is removed after an hour', async () => {
  const folder = join(mediaapi.context.rules.directory, 'unfinished');
  await writeFile(join(folder, 'old'), 'x');
  await writeFile(join(folder, 'new'), 'x');
  const twoHoursAgo = new Date(mediaapi.context.clock.now() - 7_200_000);
  await utimes(join(folder, 'old'), twoHoursAgo, twoHoursAgo);
  expect(await mediaapi.context.files.sweep(mediaapi.context.clock.now())).toBe(1);
  expect((await mediaapi.files()).filter((path) => path.includes('unfinished'))).toEqual([join(folder, 'new')]);
  await rm(join(folder, 'new'));
});

async function created(): Promise<string> {
  const response = await client.fetch('/_matrix/media/v1/create', { method: 'POST', token: 'alice' });
  const body: unknown = await response.json();
  if (typeof body !== 'object' || body === null || !('content_uri' in body)) throw new Error('not created');
  return String(body.content_uri).slice('mxc://example.org/'.length);
}

function put(mediaId: string, body: string, token = 'alice'): Promise<Response> {
  return client.fetch(`/_matrix/media/v3/upload/example.org/${mediaId}`, { method: 'PUT', body, token });
}

async function* readable(bytes: Buffer) {
  yield bytes;
}

/** Uploads without saying how much will come; the status of the answer. */
function stream(chunks: Buffer[]): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${mediaapi.baseUrl}/_matrix/media/v3/upload`, {
      method: 'POST',
      headers: { Authorization: 'Bearer alice' },
    });
    outgoing.on('response', (response) => resolve(response.resume().statusCode));
    outgoing.on('error', reject);
    for (const chunk of chunks) outgoing.write(chunk);
    outgoing.end();
  });
}

/** Begins an upload and goes away in the middle of it. */
async function cutOff(): Promise<void> {
  const outgoing = request(`${mediaapi.baseUrl}/_matrix/media/v3/upload`, {
    method: 'POST',
    headers: { Authorization: 'Bearer alice', 'Content-Length': '500000' },
  });
  outgoing.on('error', () => undefined);
  outgoing.write(randomBytes(100_000));
  await eventually('it is being received', async () =>
    (await mediaapi.files()).some((path) => path.includes('unfinished')),
  );
  outgoing.destroy();
}

/** A GET of exactly this path: fetch would resolve its dots. */
function rawGet(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const url = new URL(mediaapi.baseUrl);
    const outgoing = request(
      { host: url.hostname, port: url.port, path, headers: { Authorization: 'Bearer alice' } },
      (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += String(chunk);
        });
        response.on('end', () => {
          const body: unknown = JSON.parse(text);
          const errcode = typeof body === 'object' && body !== null && 'errcode' in body ? String(body.errcode) : '';
          resolve(`${response.statusCode} ${errcode}`);
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end();
  });
}
