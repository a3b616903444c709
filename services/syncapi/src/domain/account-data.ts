export interface AccountDataItem {
  readonly type: string;
  /** JSON object. */
  readonly content: string;
}

/** The `account_data` field of these items, or nothing when there are none. */
export function accountDataField(items: readonly AccountDataItem[]): string | undefined {
  if (items.length === 0) return undefined;
  const events = items.map(({ type, content }) => `{"type":${JSON.stringify(type)},"content":${content}}`);
  return `"account_data":{"events":[${events.join(',')}]}`;
}
