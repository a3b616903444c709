import { ByteBoundedCache } from '@plexus/cache';
import { errors } from '@plexus/http';
import { canonicalJson, isJsonObject, type JsonObject, NotCanonicalError, parseRequestJson } from '@plexus/matrix';
import type { Observability } from '@plexus/observability';
import type { Database } from '@plexus/postgres';
import { compileSyncFilter, type SyncFilter } from '../../domain/filter.ts';
import { readFilter, storeFilter } from '../../storage/filters.ts';

const maxFilterBytes = 64 * 1024;
const cachedBytes = 8 * 1024 * 1024;
/** What a compiled filter takes beside its text. */
const compiledBytes = 2000;

/** Filters, read once: a client sends the same one with every sync. */
export class FilterStore {
  readonly #database: Database;
  readonly #compiled: ByteBoundedCache<string, SyncFilter>;
  readonly #none = compileOrThrow({});

  constructor(database: Database, observability: Observability) {
    this.#database = database;
    this.#compiled = new ByteBoundedCache({
      name: 'syncapi_filters',
      maxBytes: cachedBytes,
      bytesOf: (filter, key) => filter.key.length * 4 + key.length * 2 + compiledBytes,
      observability,
    });
  }

  /** The filter of a sync when it is in memory already. */
  known(userId: string, parameter: string | undefined): SyncFilter | undefined {
    return parameter === undefined ? this.#none : this.#compiled.get(cacheKey(userId, parameter));
  }

  /**
   * The filter that a sync names: inline JSON, or the id of a stored one.
   * @throws MatrixHttpError M_INVALID_PARAM when it is not a filter or there is none of that id.
   */
  async load(userId: string, parameter: string): Promise<SyncFilter> {
    const text = parameter.startsWith('{') ? parameter : await this.#stored(userId, parameter);
    if (text === undefined) throw errors.invalidParam('filter', 'is not known');
    const filter = compileOrThrow(parseFilterText(text));
    this.#compiled.set(cacheKey(userId, parameter), filter);
    return filter;
  }

  /** Stores a filter of a user. @throws MatrixHttpError M_BAD_JSON, M_TOO_LARGE */
  async store(userId: string, filter: JsonObject): Promise<number> {
    const compiled = compileSyncFilter(filter, '');
    if (!compiled.ok) throw errors.badJson(`${compiled.key} of the filter is not valid`);
    const text = canonicalText(filter);
    if (text === undefined) throw errors.badJson('The filter holds numbers that JSON cannot carry');
    if (text.length > maxFilterBytes) throw errors.tooLarge('The filter is too large');
    const filterId = await storeFilter(this.#database, userId, text);
    if (filterId === undefined) throw errors.tooLarge('You have stored too many filters');
    return filterId;
  }

  /** The text of a stored filter. */
  async text(userId: string, filterId: string): Promise<string | undefined> {
    return this.#stored(userId, filterId);
  }

  #stored(userId: string, filterId: string): Promise<string | undefined> {
    if (!/^[0-9]{1,9}$/.test(filterId)) return Promise.resolve(undefined);
    return readFilter(this.#database, userId, Number(filterId));
  }
}

/** A filter in a query. @throws MatrixHttpError M_INVALID_PARAM */
export function parseFilterText(text: string): JsonObject {
  if (text.length > maxFilterBytes) throw errors.invalidParam('filter', 'is too long');
  const parsed = parseRequestJson(Buffer.from(text));
  if (!parsed.ok || !isJsonObject(parsed.value)) throw errors.invalidParam('filter', 'is not a JSON object');
  return parsed.value;
}

function compileOrThrow(value: JsonObject): SyncFilter {
  const compiled = compileSyncFilter(value, canonicalText(value) ?? JSON.stringify(value));
  if (!compiled.ok) throw errors.invalidParam('filter', `has no valid ${compiled.key}`);
  return compiled.filter;
}

function canonicalText(value: JsonObject): string | undefined {
  try {
    return canonicalJson(value);
  } catch (error) {
    if (error instanceof NotCanonicalError) return undefined;
    throw error;
  }
}

/** An inline filter means the same whoever sends it. */
function cacheKey(userId: string, parameter: string): string {
  return parameter.startsWith('{') ? parameter : `${userId} ${parameter}`;
}
