import { type Queryable, sql } from '@plexus/postgres';

export interface StoredThumbnail {
  readonly contentType: string;
  readonly size: number;
}

const findStatement = sql(
  'mediaapi_find_thumbnail',
  `SELECT content_type, size FROM mediaapi.thumbnails WHERE content_hash = $1 AND variant = $2`,
);

export async function findThumbnail(
  database: Queryable,
  hash: Buffer,
  variant: string,
): Promise<StoredThumbnail | undefined> {
  const [row] = await database.query<{ content_type: string; size: number }>(findStatement, [hash, variant]);
  return row && { contentType: row.content_type, size: row.size };
}

const insertStatement = sql(
  'mediaapi_insert_thumbnail',
  `INSERT INTO mediaapi.thumbnails (content_hash, variant, content_type, size, created_ts) VALUES ($1, $2, $3, $4, $5)
   ON CONFLICT (content_hash, variant) DO UPDATE SET content_type = excluded.content_type, size = excluded.size`,
);

/** Called when the file lies safely on disk. */
export async function insertThumbnail(
  database: Queryable,
  hash: Buffer,
  variant: string,
  thumbnail: StoredThumbnail,
  now: number,
): Promise<void> {
  await database.query(insertStatement, [hash, variant, thumbnail.contentType, thumbnail.size, now]);
}

/** Their files are not saved: they are made again when they are asked for. */
export const forgetThumbnails = sql('mediaapi_forget_thumbnails', 'TRUNCATE mediaapi.thumbnails');
