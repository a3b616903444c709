/** What a number is, as Grafana writes it. */
export type Unit =
  | 'short'
  | 's'
  | 'bytes'
  | 'Bps'
  | 'ops'
  | 'reqps'
  | 'percentunit'
  | 'dateTimeFromNow'
  | 'dtdurations';

export interface Query {
  readonly expr: string;
  /** Name of each line, with labels as `{{label}}`. */
  readonly legend: string;
}

export interface Panel {
  readonly kind: 'lines' | 'stacked' | 'number' | 'heatmap' | 'table';
  readonly title: string;
  /** How to read it: what is usual, what is not. */
  readonly description: string;
  readonly unit: Unit;
  readonly queries: readonly Query[];
  /** Value from which on it is drawn red. */
  readonly bad?: number;
  /** Value below which it is drawn red. */
  readonly good?: number;
  /** What has to come before it can show anything: empty until then. */
  readonly waitsFor?: string;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Dashboard {
  /** Also the file's name: deploy/grafana/<uid>.json. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly rows: readonly Row[];
}

type PanelText = Omit<Panel, 'kind' | 'queries'>;

/** A legend and its expression each. */
export function lines(text: PanelText, queries: Readonly<Record<string, string>>): Panel {
  return { kind: 'lines', ...text, queries: toQueries(queries) };
}

export function stacked(text: PanelText, queries: Readonly<Record<string, string>>): Panel {
  return { kind: 'stacked', ...text, queries: toQueries(queries) };
}

/** The newest value alone. */
export function number(text: PanelText, queries: Readonly<Record<string, string>>): Panel {
  return { kind: 'number', ...text, queries: toQueries(queries) };
}

export function heatmap(text: PanelText, expr: string): Panel {
  return { kind: 'heatmap', ...text, queries: [{ legend: '{{le}}', expr }] };
}

export function table(text: PanelText, queries: Readonly<Record<string, string>>): Panel {
  return { kind: 'table', ...text, queries: toQueries(queries) };
}

function toQueries(queries: Readonly<Record<string, string>>): Query[] {
  return Object.entries(queries).map(([legend, expr]) => ({ legend, expr }));
}
