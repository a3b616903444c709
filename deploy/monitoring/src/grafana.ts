import type { Dashboard, Panel, Query, Row } from './panel.ts';

const columns = 24;
const rowHeight = 8;
const perRow = 3;

const datasource = { type: 'prometheus', uid: '$datasource' };

/** A dashboard as Grafana 10 and later load it: rows of three panels, the data source and the processes to choose. */
export function grafanaDashboard(dashboard: Dashboard, all: readonly Dashboard[]): object {
  return {
    uid: dashboard.uid,
    title: `Plexus / ${dashboard.title}`,
    description: dashboard.description,
    tags: ['plexus'],
    schemaVersion: 39,
    version: 1,
    editable: true,
    graphTooltip: 1,
    timezone: 'browser',
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    links: all.filter(({ uid }) => uid !== dashboard.uid).map(link),
    annotations: { list: [deployments] },
    templating: {
      list: [datasourceVariable, variable('namespace', 'plexus_build_info'), variable('job', 'plexus_ready')],
    },
    panels: layout(dashboard.rows),
  };
}

function link({ uid, title }: Dashboard): object {
  return { type: 'link', title, url: `/d/${uid}`, keepTime: true, includeVars: true };
}

const builds = 'count by (version) (plexus_build_info{namespace=~"$namespace",job=~"$job"}';

/** A mark where processes of a version begin to run that did not run two minutes before. */
const deployments = {
  name: 'Deployments',
  datasource,
  enable: true,
  iconColor: 'blue',
  expr: `${builds}) unless ${builds} offset 2m)`,
  step: '60s',
  titleFormat: 'Version {{version}}',
  textFormat: 'processes of {{version}} begin to run',
};

const datasourceVariable = { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' };

/** `All` also matches what has no such label, as outside of Kubernetes. */
function variable(name: string, metric: string): object {
  return {
    name,
    type: 'query',
    datasource,
    query: { query: `label_values(${metric}, ${name})`, refId: name },
    refresh: 2,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { selected: true, text: ['All'], value: ['$__all'] },
  };
}

function layout(rows: readonly Row[]): object[] {
  const laidOut: object[] = [];
  let y = 0;
  for (const { title, panels } of rows) {
    laidOut.push({
      id: laidOut.length + 1,
      type: 'row',
      title,
      collapsed: false,
      panels: [],
      gridPos: { h: 1, w: columns, x: 0, y },
    });
    y += 1;
    for (const [index, panel] of panels.entries()) {
      const w = columns / perRow;
      const gridPos = { h: rowHeight, w, x: (index % perRow) * w, y: y + Math.floor(index / perRow) * rowHeight };
      laidOut.push({ id: laidOut.length + 1, gridPos, ...grafanaPanel(panel) });
    }
    y += Math.ceil(panels.length / perRow) * rowHeight;
  }
  return laidOut;
}

function grafanaPanel(panel: Panel): object {
  const { title, description, queries } = panel;
  return {
    title,
    description,
    datasource,
    targets: queries.map((query, index) => target(panel, query, index)),
    ...appearance(panel),
  };
}

function target({ kind }: Panel, { expr, legend }: Query, index: number): object {
  const refId = String.fromCharCode(65 + index);
  const format = kind === 'heatmap' ? 'heatmap' : kind === 'table' ? 'table' : 'time_series';
  return { refId, datasource, expr, legendFormat: legend, format, instant: kind === 'table', range: kind !== 'table' };
}

function appearance(panel: Panel): object {
  const { kind, unit } = panel;
  switch (kind) {
    case 'heatmap':
      return {
        type: 'heatmap',
        options: {
          calculate: false,
          yAxis: { unit },
          color: { scheme: 'Oranges', mode: 'scheme' },
          legend: { show: true },
        },
      };
    case 'table':
      return {
        type: 'table',
        fieldConfig: { defaults: { unit }, overrides: [] },
        transformations: [{ id: 'organize', options: { excludeByName: { Time: true } } }],
      };
    case 'number':
      return {
        type: 'stat',
        fieldConfig: { defaults: { unit, thresholds: thresholds(panel) }, overrides: [] },
        options: { reduceOptions: { calcs: ['lastNotNull'] }, colorMode: 'value', graphMode: 'area' },
      };
    case 'lines':
    case 'stacked':
      return {
        type: 'timeseries',
        fieldConfig: {
          defaults: { unit, min: 0, custom: drawing(panel), thresholds: thresholds(panel) },
          overrides: [],
        },
        options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
      };
    default:
      return kind satisfies never;
  }
}

function drawing({ kind, bad }: Panel): object {
  return {
    drawStyle: 'line',
    fillOpacity: kind === 'stacked' ? 25 : 5,
    showPoints: 'never',
    spanNulls: false,
    stacking: { mode: kind === 'stacked' ? 'normal' : 'none' },
    thresholdsStyle: { mode: bad === undefined ? 'off' : 'line' },
  };
}

function thresholds({ bad, good }: Panel): object {
  const ok = { color: 'green', value: null };
  if (good !== undefined)
    return {
      mode: 'absolute',
      steps: [
        { color: 'red', value: null },
        { color: 'green', value: good },
      ],
    };
  return { mode: 'absolute', steps: bad === undefined ? [ok] : [ok, { color: 'red', value: bad }] };
}
