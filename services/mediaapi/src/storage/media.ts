import { type Queryable, sql, type Transaction } from '@plexus/postgres';
import type { MediaId } from '../domain/media-id.ts';

/** What is stored of bytes that came in. */
export interface StoredContent {
  /** SHA-256, 32 bytes. */
  readonly hash: Buffer;
  readonly size: number;
  readonly contentType: string;
  readonly fileName: string | undefined;
}

/** Media whose bytes are there. */
export interface Media extends StoredContent {
  readonly createdTs: number;
  readonly unauthenticated: boolean;
}

export type FoundMedia =
  | { readonly state: 'uploaded'; readonly media: Media }
  | { readonly state: 'pending'; readonly uploader: string; readonly unusedExpiresTs: number };

type MediaRow = {
  readonly uploader: string;
  readonly content_hash: Buffer | null;
  readonly size: number | null;
  readonly content_type: string | null;
  readonly file_name: string | null;
  readonly created_ts: number;
  readonly unused_expires_ts: number | null;
  readonly unauthenticated: boolean;
};

const findStatement = sql(
  'mediaapi_find_media',
  `SELECT uploader, content_hash, size, content_type, file_name, created_ts, unused_expires_ts, unauthenticated
   FROM mediaapi.media WHERE media_id = $1`,
);

export async function findMedia(database: Queryable, mediaId: MediaId): Promise<FoundMedia | undefined> {
  const [row] = await database.query<MediaRow>(findStatement, [mediaId]);
  if (row === undefined) return undefined;
  const { content_hash: hash, size, content_type: contentType, file_name, created_ts: createdTs } = row;
  if (hash === null || size === null || contentType === null)
    return { state: 'pending', uploader: row.uploader, unusedExpiresTs: row.unused_expires_ts ?? 0 };
  const { unauthenticated } = row;
  const fileName = file_name ?? undefined;
  return { state: 'uploaded', media: { hash, size, contentType, fileName, createdTs, unauthenticated } };
}

const insertStatement = sql(
  'mediaapi_insert_media',
  `INSERT INTO mediaapi.media (media_id, uploader, content_hash, size, content_type, file_name, created_ts, unauthenticated)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
);

/** Called when the bytes lie safely at their address. */
export async function insertMedia(
  database: Queryable,
  media: StoredContent & {
    readonly mediaId: MediaId;
    readonly uploader: string;
    readonly now: number;
    readonly unauthenticated: boolean;
  },
): Promise<void> {
  const { mediaId, uploader, hash, size, contentType, fileName, now, unauthenticated } = media;
  await database.query(insertStatement, [
    mediaId,
    uploader,
    hash,
    size,
    contentType,
    fileName ?? null,
    now,
    unauthenticated,
  ]);
}

const createStatement = sql(
  'mediaapi_create_media',
  `INSERT INTO mediaapi.media (media_id, uploader, created_ts, unused_expires_ts)
   SELECT $1, $2, $3::bigint, $4::bigint
   WHERE (SELECT count(*) FROM mediaapi.media WHERE uploader = $2 AND content_hash IS NULL AND unused_expires_ts > $3) < $5
   RETURNING media_id`,
);

/** Reserves an id for a later upload; false when the user has `maxPending` of them already. */
export async function createPendingMedia(
  database: Queryable,
  media: {
    readonly mediaId: MediaId;
    readonly uploader: string;
    readonly now: number;
    readonly unusedExpiresTs: number;
    readonly maxPending: number;
  },
): Promise<boolean> {
  const { mediaId, uploader, now, unusedExpiresTs, maxPending } = media;
  const rows = await database.query(createStatement, [mediaId, uploader, now, unusedExpiresTs, maxPending]);
  return rows.length === 1;
}

const fillStatement = sql(
  'mediaapi_fill_pending_media',
  `UPDATE mediaapi.media SET content_hash = $3, size = $4, content_type = $5, file_name = $6, unauthenticated = $8
   WHERE media_id = $1 AND uploader = $2 AND content_hash IS NULL AND unused_expires_ts > $7
   RETURNING media_id`,
);

/** Gives a reserved id its bytes, once; false when it has some, expired, or is not the uploader's. */
export async function fillPendingMedia(
  database: Queryable,
  media: StoredContent & {
    readonly mediaId: MediaId;
    readonly uploader: string;
    readonly now: number;
    readonly unauthenticated: boolean;
  },
): Promise<boolean> {
  const { mediaId, uploader, hash, size, contentType, fileName, now, unauthenticated } = media;
  const values = [mediaId, uploader, hash, size, contentType, fileName ?? null, now, unauthenticated];
  return (await database.query(fillStatement, values)).length === 1;
}

const deleteExpiredStatement = sql(
  'mediaapi_delete_expired_media',
  `DELETE FROM mediaapi.media WHERE content_hash IS NULL AND unused_expires_ts <= $1`,
);

/** Forgets reserved ids that were never used. */
export async function deleteExpiredMedia(database: Queryable, now: number): Promise<void> {
  await database.query(deleteExpiredStatement, [now]);
}

const openContentList = sql(
  'mediaapi_open_content_list',
  `DECLARE content_list CURSOR FOR SELECT encode(content_hash, 'hex') AS hash, max(size) AS size FROM mediaapi.media
   WHERE content_hash IS NOT NULL GROUP BY content_hash ORDER BY content_hash`,
);
const fetchContentList = sql('mediaapi_fetch_content_list', 'FETCH 10000 FROM content_list');

/** Pages of the files that media refer to, each once. `hash`: SHA-256 in hexadecimal. */
export async function* listContent(transaction: Transaction): AsyncGenerator<{ hash: string; size: number }[]> {
  await transaction.query(openContentList, []);
  for (;;) {
    const page = await transaction.query<{ hash: string; size: number }>(fetchContentList, []);
    if (page.length === 0) return;
    yield page;
  }
}

export type ContentCount = { readonly files: number; readonly bytes: number };

const countStatement = sql(
  'mediaapi_count_content',
  `SELECT count(*) AS files, COALESCE(sum(size), 0)::bigint AS bytes
   FROM (SELECT DISTINCT content_hash, size FROM mediaapi.media WHERE content_hash IS NOT NULL) AS content`,
);

/** How many different files media refer to, and how large they are together. */
export async function countContent(database: Queryable): Promise<ContentCount> {
  const [row] = await database.query<ContentCount>(countStatement, []);
  return row ?? { files: 0, bytes: 0 };
}
