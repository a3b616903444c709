/** The traces of what a batch brought, each once. */
export function traceparentsOf(entries: readonly { readonly traceparent: string }[]): string[] {
  return [...new Set(entries.map(({ traceparent }) => traceparent).filter((traceparent) => traceparent !== ''))];
}
