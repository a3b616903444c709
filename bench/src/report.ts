import type { Figure } from './musts.ts';

/** A table for people: ours, what must be reached, and with a peer its value and the ratio. */
export function table(
  own: readonly Figure[],
  peer?: { readonly name: string; readonly figures: readonly Figure[] },
): string {
  const theirs = new Map(peer?.figures.map(({ name, value }) => [name, value]));
  const header = ['figure', 'plexus', 'must', '', ...(peer === undefined ? [] : [peer.name, `${peer.name} / plexus`])];
  const rows = own.map(({ name, value, unit, must, ok }) => {
    const other = theirs.get(name);
    const comparison = other === undefined ? ['', ''] : [`${short(other)} ${unit}`, short(other / value)];
    return [name, `${short(value)} ${unit}`, must ?? '', verdict(ok), ...(peer === undefined ? [] : comparison)];
  });
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(header), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)].join('\n');
}

function verdict(ok: boolean | undefined): string {
  if (ok === undefined) return '';
  return ok ? 'ok' : 'MISSED';
}

function short(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}
