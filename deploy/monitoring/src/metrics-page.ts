import { type AnyMetric, catalogue } from '@plexus/observability';

const head = `# Metrics

Every process shows its metrics at \`/metrics\` on a port of its own, never on the public listener. This page is generated from
[the catalogue](../libs/observability/src/catalogue/catalogue.ts) (\`node deploy/monitoring/src/main.ts\`), which the code takes its metrics from.

- Names begin with \`plexus_\` and the part of the product; times are in seconds, sizes in bytes, counters end in \`_total\`. A histogram \`x\` is the
  series \`x_bucket\`, \`x_sum\` and \`x_count\`.
- No label is an id of a user, room, event or device, another server's name, an address or a URL: a service stays below 3,000 series.
- Node's own metrics (\`nodejs_*\`, \`process_*\`: event loop, garbage collection, memory, CPU, file descriptors) are there too.
- Rules and dashboards expect three labels of every target: \`app="plexus"\`, \`job\` (the process: \`clientapi\`, \`roomserver\`, …, \`gateway\`, or \`all\`) and
  \`instance\`; and \`namespace\` and \`installation\` where one Prometheus watches several installations.
`;

/** docs/metrics.md. */
export function metricsPage(): string {
  const areas = Object.entries(catalogue).map(([area, metrics]) => {
    const rows = Object.values(metrics).map(row);
    return [
      `## ${area[0]?.toUpperCase()}${area.slice(1)}`,
      '',
      '| metric | type | labels | meaning |',
      '| --- | --- | --- | --- |',
      ...rows,
      '',
    ];
  });
  return [head, ...areas.flat()].join('\n');
}

function row({ name, type, labels, help }: AnyMetric): string {
  return `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`;
}
