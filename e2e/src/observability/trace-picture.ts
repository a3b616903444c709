import type { JaegerSpan } from './jaeger.ts';

const width = 1000;
const nameWidth = 430;
const lineHeight = 20;
const margin = 12;
const timeWidth = 45;
const colours = ['#4c78a8', '#f58518', '#54a24b', '#b279a2', '#e45756', '#72b7b2', '#9d755d', '#bab0ac', '#eeca3b'];

interface Placed {
  readonly span: JaegerSpan;
  readonly depth: number;
}

/** The spans of traces as a picture: each trace's tree, each span a bar in the time they share. SVG. */
export function tracePicture(title: string, spans: readonly JaegerSpan[]): string {
  const placed = roots(spans).flatMap((root) => subtree(root, spans, 0));
  const start = Math.min(...spans.map((span) => span.startMicroseconds));
  const end = Math.max(...spans.map((span) => span.startMicroseconds + span.microseconds));
  const services = [...new Set(placed.map(({ span }) => span.service))];
  const x = (time: number): number =>
    nameWidth + ((time - start) / (end - start)) * (width - nameWidth - margin - timeWidth);
  const height = (placed.length + 3) * lineHeight + 2 * margin;
  const bars = placed.map(({ span, depth }, index) => {
    const y = margin + (index + 2) * lineHeight;
    const left = x(span.startMicroseconds);
    const length = Math.max(1.5, x(span.startMicroseconds + span.microseconds) - left);
    const colour = colours[services.indexOf(span.service) % colours.length];
    const text = `${escaped(span.service)}: ${escaped(span.name)}${span.linkedTraceIds.length > 0 ? ' ⇠ link' : ''}`;
    return [
      `<text x="${margin + depth * 12}" y="${y + 13}">${text}</text>`,
      `<rect x="${left.toFixed(1)}" y="${y + 3}" width="${length.toFixed(1)}" height="13" rx="2" fill="${colour}"/>`,
      `<text x="${(left + length + 4).toFixed(1)}" y="${y + 13}" class="time">${milliseconds(span.microseconds)}</text>`,
    ].join('\n');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">`,
    `<title>${escaped(title)}</title>`,
    '<style>.time{fill:#666;font-size:9px}.title{font-size:13px;font-weight:bold}</style>',
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${margin}" y="${margin + 12}" class="title">${escaped(title)}</text>`,
    `<text x="${margin}" y="${margin + 28}" class="time">${placed.length} spans, ${services.length} services, ${milliseconds(end - start)}</text>`,
    ...bars,
    '</svg>',
    '',
  ].join('\n');
}

function roots(spans: readonly JaegerSpan[]): JaegerSpan[] {
  return spans.filter((span) => span.parentSpanId === '').toSorted(byStart);
}

function subtree(span: JaegerSpan, spans: readonly JaegerSpan[], depth: number): Placed[] {
  const children = spans.filter((other) => other.parentSpanId === span.spanId && other.traceId === span.traceId);
  return [{ span, depth }, ...children.toSorted(byStart).flatMap((child) => subtree(child, spans, depth + 1))];
}

function byStart(a: JaegerSpan, b: JaegerSpan): number {
  return a.startMicroseconds - b.startMicroseconds;
}

function milliseconds(microseconds: number): string {
  return `${(microseconds / 1000).toFixed(microseconds < 10_000 ? 2 : 0)} ms`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
