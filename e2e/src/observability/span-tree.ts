import type { ExportedSpan } from './otlp-message.ts';

/** Spans by their place in their traces. */
export interface SpanTree {
  readonly spans: readonly ExportedSpan[];
  /** The one span that this is said of. @throws when there is none, or another. */
  one(what: { readonly name: string; readonly service?: string; readonly traceId?: string }): ExportedSpan;
  parentOf(span: ExportedSpan): ExportedSpan | undefined;
  /** `name @service` of the span and of what is above it, up to the first of its trace. */
  pathOf(span: ExportedSpan): string[];
}

export function spanTree(spans: readonly ExportedSpan[]): SpanTree {
  const byId = new Map(spans.map((span) => [`${span.traceId} ${span.spanId}`, span]));
  const parentOf = (span: ExportedSpan) => byId.get(`${span.traceId} ${span.parentSpanId}`);
  const pathOf = (span: ExportedSpan): string[] => {
    const parent = parentOf(span);
    return [`${span.name} @${span.service}`, ...(parent === undefined ? [] : pathOf(parent))];
  };
  return {
    spans,
    parentOf,
    pathOf,
    one({ name, service, traceId }) {
      const [found, ...others] = spans.filter(
        (span) =>
          span.name === name &&
          (service === undefined || span.service === service) &&
          (traceId === undefined || span.traceId === traceId),
      );
      if (found === undefined || others.length > 0)
        throw new Error(
          `${1 + others.length - (found === undefined ? 1 : 0)} spans ${name} of ${service} in ${traceId}:\n${spans
            .filter((span) => traceId === undefined || span.traceId === traceId)
            .map((span) => pathOf(span).join(' < '))
            .join('\n')}`,
        );
      return found;
    },
  };
}
