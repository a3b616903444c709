import { crc32, deflateSync } from 'node:zlib';
import type { TestDatabase } from '@plexus/testkit';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MediaClient, problem } from '../../testing/media-client.ts';
import { type RunningMediaapi, startMediaapi, withDatabase } from '../../testing/start-mediaapi.ts';

const rules = { maxUploadBytes: 10_000_000, maxImagePixels: 4_000_000, unauthenticatedDownloads: false };

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

describe('thumbnails', () => {
  it.each([
    ['width=32&height=32&method=crop', 32, 32],
    ['width=64&height=64&method=crop', 96, 96],
    ['width=320&height=240&method=scale', 320, 213],
    // A box of 640x480 for a square of 300: both sides are at least what was asked for.
    ['width=300&height=300', 640, 427],
    ['width=800&height=600&method=scale', 800, 533],
    ['width=9999&height=9999&method=scale', 1200, 800],
  ])('of a 1200x800 photo for %s', async (query, width, height) => {
    const mediaId = await client.upload(await picture(1200, 800).jpeg().toBuffer(), { contentType: 'image/jpeg' });
    const response = await client.thumbnail(mediaId, query);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('image/jpeg');
    expect(response.headers.get('content-disposition')).toBe('inline; filename="thumbnail.jpg"');
    const made = await sharp(Buffer.from(await response.arrayBuffer())).metadata();
    expect({ width: made.width, height: made.height }).toEqual({ width, height });
  });

  it('are never larger than the image: a small one is given as it is', async () => {
    const png = await picture(20, 10).png().toBuffer();
    const response = await client.thumbnail(await client.upload(png), 'width=96&height=96&method=crop');
    expect(Buffer.from(await response.arrayBuffer()).equals(png)).toBe(true);
  });

  it('of an image narrower than the crop are cut from what is there', async () => {
    const png = await picture(40, 900).png().toBuffer();
    const response = await client.thumbnail(await client.upload(png), 'width=96&height=96&method=crop');
    expect(await sharp(Buffer.from(await response.arrayBuffer())).metadata()).toMatchObject({ width: 40, height: 40 });
  });

  it('are turned as the camera says', async () => {
    const turned = await picture(400, 200).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const response = await client.thumbnail(await client.upload(turned), 'width=64&height=64&method=scale');
    const { width, height } = await sharp(Buffer.from(await response.arrayBuffer())).metadata();
    expect(width).toBeLessThan(height);
  });

  it('keep what is transparent', async () => {
    const image = sharp({ create: { width: 300, height: 300, channels: 4, background: '#ff000080' } });
    const response = await client.thumbnail(await client.upload(await image.webp().toBuffer()), 'width=32&height=32');
    expect(response.headers.get('content-type')).toBe('image/png');
  });

  it('move only when that is asked for', async () => {
    const mediaId = await client.upload(await animation(), { contentType: 'image/gif' });
    const still = await client.thumbnail(mediaId, 'width=32&height=32&animated=false');
    expect((await sharp(Buffer.from(await still.arrayBuffer())).metadata()).pages ?? 1).toBe(1);
    const moving = await client.thumbnail(mediaId, 'width=32&height=32&animated=true');
    expect(moving.headers.get('content-type')).toBe('image/webp');
    expect((await sharp(Buffer.from(await moving.arrayBuffer())).metadata()).pages).toBe(5);
    const stillOriginal = await client.thumbnail(mediaId, 'width=500&height=500');
    expect((await sharp(Buffer.from(await stillOriginal.arrayBuffer())).metadata()).pages ?? 1).toBe(1);
  });

  it('are made once, by however many ask at once, and kept', async () => {
    const mediaId = await client.upload(await picture(700, 701).jpeg().toBuffer());
    const before = (await mediaapi.files()).length;
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => client.thumbnail(mediaId, 'width=96&height=96&method=crop')),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await mediaapi.files()).length).toBe(before + 1);
    expect((await client.thumbnail(mediaId, 'width=90&height=90&method=crop')).status).toBe(200);
    expect((await mediaapi.files()).length).toBe(before + 1);
  });
});

describe('hostile images', () => {
  it.each([
    ['a bomb of 50,000x50,000', pngHeader(50_000, 50_000), '413 M_TOO_LARGE'],
    ['a GIF that claims 65535x65535', gifHeader(65_535, 65_535), '413 M_TOO_LARGE'],
    [
      'an SVG',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'),
      '400 M_UNKNOWN',
    ],
    ['a PDF', Buffer.from('%PDF-1.7\n1 0 obj\n<<>>\nendobj\n'), '400 M_UNKNOWN'],
    ['a TIFF', Buffer.concat([Buffer.from('II*\0'), Buffer.alloc(200)]), '400 M_UNKNOWN'],
    ['a PNG head with HTML behind it', Buffer.concat([pngSignature(), Buffer.from('<html>')]), '400 M_UNKNOWN'],
    ['nothing', Buffer.alloc(0), '400 M_UNKNOWN'],
    ['noise', Buffer.alloc(5000, 0x5a), '400 M_UNKNOWN'],
  ])('%s', async (_name, bytes, expected) => {
    const mediaId = await client.upload(bytes, { contentType: 'image/png' });
    expect(await problem(await client.thumbnail(mediaId, 'width=32&height=32'))).toBe(expected);
    const query = 'width=32&height=32&method=crop&animated=true';
    expect(await problem(await client.thumbnail(mediaId, query))).toBe(expected);
  });

  it('a JPEG that ends in the middle is no fault', async () => {
    const jpeg = await picture(1000, 1000).jpeg().toBuffer();
    const mediaId = await client.upload(jpeg.subarray(0, jpeg.length / 2));
    expect([200, 400]).toContain((await client.thumbnail(mediaId, 'width=32&height=32')).status);
  });

  it('an animation of more pixels than allowed stands still', async () => {
    const mediaId = await client.upload(await animation(1000, 1000));
    const response = await client.thumbnail(mediaId, 'width=96&height=96&animated=true');
    expect(response.status).toBe(200);
    expect((await sharp(Buffer.from(await response.arrayBuffer())).metadata()).pages ?? 1).toBe(1);
  });

  it('broken in a hundred ways each still ends in an answer', async () => {
    const seeds = [
      await picture(64, 64).png().toBuffer(),
      await picture(64, 64).jpeg().toBuffer(),
      await picture(64, 64).webp().toBuffer(),
      await animation(),
    ];
    let state = 7;
    const next = (below: number) => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return state % below;
    };
    for (const seed of seeds) {
      for (let round = 0; round < 25; round++) {
        const broken = Buffer.from(seed);
        for (let i = 0; i < 8; i++) broken[8 + next(broken.length - 8)] = next(256);
        const mediaId = await client.upload(broken);
        expect([200, 400, 413]).toContain((await client.thumbnail(mediaId, 'width=32&height=32')).status);
      }
    }
  });
});

describe('bad requests', () => {
  it.each([
    ['', '400 M_MISSING_PARAM'],
    ['width=10', '400 M_MISSING_PARAM'],
    ['width=0&height=10', '400 M_INVALID_PARAM'],
    ['width=-5&height=10', '400 M_INVALID_PARAM'],
    ['width=1.5&height=10', '400 M_INVALID_PARAM'],
    ['width=1e9&height=10', '400 M_INVALID_PARAM'],
    ['width=10&height=10&method=squash', '400 M_INVALID_PARAM'],
    ['width=10&height=10&animated=maybe', '400 M_INVALID_PARAM'],
  ])('%j: %s', async (query, expected) => {
    const mediaId = await client.upload('text');
    expect(await problem(await client.thumbnail(mediaId, query))).toBe(expected);
  });
});

function picture(width: number, height: number): Sharp {
  return sharp({ create: { width, height, channels: 3, background: { r: 40, g: 90, b: 160 } } });
}

/** Five frames. */
async function animation(width = 120, height = 80): Promise<Buffer> {
  const frames = await Promise.all(
    ['#f00', '#0f0', '#00f', '#ff0', '#0ff'].map((background) =>
      sharp({ create: { width, height, channels: 3, background } })
        .png()
        .toBuffer(),
    ),
  );
  return sharp(frames, { join: { animated: true } })
    .gif()
    .toBuffer();
}

function pngSignature(): Buffer {
  return Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
}

/** A PNG of these dimensions whose pixels are a few bytes. */
function pngHeader(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    pngSignature(),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(100))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const body = Buffer.concat([Buffer.from(type), data]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

function gifHeader(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.write('GIF89a', 0);
  header.writeUInt16LE(width, 6);
  header.writeUInt16LE(height, 8);
  header[10] = 0x80;
  const colours = Buffer.from([0, 0, 0, 255, 255, 255]);
  const image = Buffer.alloc(10);
  image[0] = 0x2c;
  image.writeUInt16LE(width, 5);
  image.writeUInt16LE(height, 7);
  return Buffer.concat([header, colours, image, Buffer.from([2, 2, 0x4c, 1, 0, 0x3b])]);
}
