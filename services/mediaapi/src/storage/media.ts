import { type Database, sql } from '@plexus/postgres';

/** Something uploaded, or an id that waits for its upload. */
export interface Media {
  readonly mediaId: string;
  readonly uploader: string;
  readonly content: { readonly hash: Buffer; readonly bytes: number; readonly contentType: string } | undefined;
  readonly fileName: string | undefined;
  readonly unusedExpiresTs: number | undefined;
}

interface Row {
  media_id: string;
  uploader: string;
  hash: Buffer | null;
  bytes: number | null;
  content_type: string | null;
  file_name: string | null;
  unused_expires_ts: number | null;
}

const selectMedia = sql(
  'mediaapi_select_media',
  `SELECT media_id, uploader, hash, bytes, content_type, file_name, unused_expires_ts FROM mediaapi.media WHERE media_id = $1`,
);

const insertMedia = sql(
  'mediaapi_insert_media',
  `INSERT INTO mediaapi.media (media_id, uploader, created_ts, hash, bytes, content_type, file_name)
   VALUES ($1, $2, $3, $4, $5, $6, $7)`,
);

/** An id in advance, unless the user holds as many unused ones as one may. Expired ones go away here. */
const reserveMedia = sql(
  'mediaapi_reserve_media',
  `WITH expired AS (DELETE FROM mediaapi.media WHERE uploader = $2 AND hash IS NULL AND unused_expires_ts <= $3)
   INSERT INTO mediaapi.media (media_id, uploader, created_ts, unused_expires_ts)
   SELECT $1, $2, $3, $4
   WHERE (SELECT count(*) FROM mediaapi.media WHERE uploader = $2 AND hash IS NULL AND unused_expires_ts > $3) < $5
   RETURNING media_id`,
);

const fillMedia = sql(
  'mediaapi_fill_media',
  `UPDATE mediaapi.media SET hash = $2, bytes = $3, content_type = $4, file_name = $5, unused_expires_ts = NULL
   WHERE media_id = $1 AND hash IS NULL
   RETURNING media_id`,
);

export interface NewContent {
  readonly hash: Buffer;
  readonly bytes: number;
  readonly contentType: string;
  readonly fileName: string | undefined;
}

export async function loadMedia(database: Database, mediaId: string): Promise<Media | undefined> {
  const [row] = await database.query<Row>(selectMedia, [mediaId]);
  if (row === undefined) return undefined;
  const { hash, bytes, content_type: contentType } = row;
  return {
    mediaId: row.media_id,
    uploader: row.uploader,
    content: hash === null || bytes === null || contentType === null ? undefined : { hash, bytes, contentType },
    fileName: row.file_name ?? undefined,
    unusedExpiresTs: row.unused_expires_ts ?? undefined,
  };
}

export async function storeMedia(
  database: Database,
  media: { readonly mediaId: string; readonly uploader: string; readonly now: number } & NewContent,
): Promise<void> {
  const { mediaId, uploader, now, hash, bytes, contentType, fileName } = media;
  await database.query(insertMedia, [mediaId, uploader, now, hash, bytes, contentType, fileName ?? null]);
}

/** False when the user holds `most` unused ids. */
export async function reserve(
  database: Database,
  media: { readonly mediaId: string; readonly uploader: string; readonly now: number; readonly expiresAt: number },
  most: number,
): Promise<boolean> {
  const { mediaId, uploader, now, expiresAt } = media;
  return (await database.query(reserveMedia, [mediaId, uploader, now, expiresAt, most])).length > 0;
}

/** False when something was uploaded to this id before. */
export async function fill(database: Database, mediaId: string, content: NewContent): Promise<boolean> {
  const { hash, bytes, contentType, fileName } = content;
  return (await database.query(fillMedia, [mediaId, hash, bytes, contentType, fileName ?? null])).length > 0;
}
