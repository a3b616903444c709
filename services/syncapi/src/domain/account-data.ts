import type { EventFilter } from './filter.ts';

export interface AccountDataItem {
  readonly type: string;
  /** JSON object. */
  readonly content: string;
}

/** The `account_data` field, or nothing when no event passes the filter. */
export function accountDataField(
  items: readonly AccountDataItem[],
  filter: EventFilter,
  roomId: string | undefined,
): string | undefined {
  const wanted = filter.passesAll
    ? items
    : items.filter(({ type }) => filter.matches({ type, sender: '', roomId, hasUrl: false }));
  if (wanted.length === 0) return undefined;
  return `"account_data":{"events":[${wanted.map(({ type, content }) => `{"type":${JSON.stringify(type)},"content":${content}}`).join(',')}]}`;
}
