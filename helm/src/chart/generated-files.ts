import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { operations } from '@plexus/routes';
import { stringify } from 'yaml';
import { alertSettings, chartRules } from '../monitoring/chart-rules.ts';
import { routeTable } from '../routes/route-table.ts';
import { documentedValues } from '../values/documented-values.ts';
import { valuesSchema } from '../values/values-schema.ts';
import { valuesTable } from '../values/values-table.ts';
import { sectionNames } from './service-graph.ts';

export const repository = resolve(import.meta.dirname, '../../..');
export const chartFolder = join(repository, 'helm', 'plexus');

/** Folders whose files the chart carries too: [source, files, folder in the chart]. */
const copies = [
  ['deploy/prometheus', 'recording.yaml', 'files/rules'],
  ['docs/runbooks', '*.md', 'files/runbooks'],
  ['deploy/grafana', '**/*.json', 'files/dashboards'],
] as const;

/** Where copies lie in the chart, for those that must go when their source does. */
export const copyPatterns = copies.map(([, , target]) => `${target}/*`);

/** Every file of the chart that is made from something else: path in the chart → content. */
export const generatedFiles = (): ReadonlyMap<string, string> => {
  const values = documentedValues(read('values.yaml'));
  const alerts = readFileSync(join(repository, 'deploy/prometheus/alerts.yaml'), 'utf8');
  return new Map([
    [
      'files/rules/alerts.yaml',
      `# Made from deploy/prometheus/alerts.yaml by helm/src/generate.ts; do not edit.\n${chartRules(alerts)}`,
    ],
    ['files/routes.yaml', routesFile()],
    ['values.schema.json', `${JSON.stringify(valuesSchema(values, sectionNames(), alertSettings(alerts)), null, 2)}\n`],
    ['README.md', readme(valuesTable(values))],
    ...copies.flatMap(([folder, pattern, target]) => copiesOf(folder, pattern, target)),
  ]);
};

const read = (path: string): string => readFileSync(join(chartFolder, path), 'utf8');

const routesFile = (): string => {
  const { services, ...rest } = routeTable(operations);
  const heading = '# Made from libs/routes by helm/src/generate.ts; do not edit.\n';
  return `${heading}${stringify({ ...rest, ...services }, { lineWidth: 0 })}`;
};

const mark = '<!-- values -->';

const readme = (table: string): string => {
  const [before, , after] = read('README.md').split(mark);
  return `${before ?? ''}${mark}\n\n${table}\n\n${mark}${after ?? '\n'}`;
};

const copiesOf = (folder: string, pattern: string, target: string): [string, string][] => {
  const source = join(repository, folder);
  if (!existsSync(source)) return [];
  return globSync(pattern, { cwd: source })
    .toSorted()
    .map((file) => [`${target}/${basename(file)}`, readFileSync(join(source, file), 'utf8')]);
};
