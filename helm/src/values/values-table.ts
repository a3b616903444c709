import { type DocumentedValue, leavesOf } from './documented-values.ts';

const longestDefault = 70;

/** The values as a Markdown table: key, default, description. */
export const valuesTable = (values: readonly DocumentedValue[]): string =>
  [
    '| key | default | what it is |',
    '| --- | --- | --- |',
    ...leavesOf(values).map(
      ({ key, value, children, description }) =>
        `| \`${key}\` | ${children.length > 0 ? '' : defaultOf(value)} | ${escapeCell(description ?? '')} |`,
    ),
  ].join('\n');

const defaultOf = (value: unknown): string => {
  const text = JSON.stringify(value);
  return text.length <= longestDefault ? `\`${escapeCell(text)}\`` : 'see values.yaml';
};

const escapeCell = (text: string): string => text.replaceAll('|', '\\|');
