import { at, isTree, listAt, nameOf, type Tree, textAt, treeAt } from '../chart/kubernetes-object.ts';

export type Labels = Readonly<Record<string, string>>;

/** What Prometheus names a target's series by, for each process: job → labels without `instance`. */
export type TargetLabels = ReadonlyMap<string, Labels>;

/**
 * Labels that the operator's scrape configuration gives to the pods that PodMonitors select: its own, those of `podTargetLabels`, then the
 * relabelings. @throws Error when a PodMonitor selects no pod, or names a port that the pod has not.
 */
export const podMonitorTargets = (objects: readonly Tree[]): TargetLabels =>
  new Map(
    objects
      .filter(({ kind }) => kind === 'PodMonitor')
      .map((monitor) => {
        const labels = labelsOf(monitor, podOf(monitor, objects));
        return [labels['job'] ?? '', labels];
      }),
  );

interface TargetPod {
  readonly labels: Labels;
  readonly container: string;
}

const podOf = (monitor: Tree, objects: readonly Tree[]): TargetPod => {
  const wanted = Object.entries(treeAt(monitor, 'spec.selector.matchLabels'));
  const port = textAt(endpointOf(monitor), 'port');
  for (const object of objects) {
    const labels = textsOf(treeAt(object, 'spec.template.metadata.labels'));
    if (textAt(object, 'metadata.namespace') !== textAt(monitor, 'metadata.namespace')) continue;
    if (wanted.length === 0 || !wanted.every(([key, value]) => labels[key] === value)) continue;
    const container = listAt(object, 'spec.template.spec.containers').find((one) =>
      listAt(one, 'ports').some((open) => textAt(open, 'name') === port),
    );
    if (container !== undefined) return { labels, container: textAt(container, 'name') };
  }
  throw new Error(`${nameOf(monitor)} selects no pod with a port ${port}`);
};

const endpointOf = (monitor: Tree): Tree => {
  const [endpoint] = listAt(monitor, 'spec.podMetricsEndpoints');
  return isTree(endpoint) ? endpoint : {};
};

const labelsOf = (monitor: Tree, pod: TargetPod): Labels => {
  const namespace = textAt(monitor, 'metadata.namespace');
  const endpoint = endpointOf(monitor);
  const own: Record<string, string> = {
    namespace,
    pod: 'a-pod',
    container: pod.container,
    job: `${namespace}/${textAt(monitor, 'metadata.name')}`,
    endpoint: textAt(endpoint, 'port'),
  };
  for (const key of listAt(monitor, 'spec.podTargetLabels').map(String))
    own[key.replaceAll(/[^A-Za-z0-9_]/g, '_')] = pod.labels[key] ?? '';
  return relabel(own, listAt(endpoint, 'relabelings'), 'targetLabel');
};

/** Labels of the targets of a Prometheus configuration with a job each. */
export const scrapeConfigTargets = (config: unknown): TargetLabels =>
  new Map(
    listAt(config, 'scrape_configs').map((scrape) => {
      const job = textAt(scrape, 'job_name');
      return [job, relabel({ job }, listAt(scrape, 'relabel_configs'), 'target_label')];
    }),
  );

/** Applies relabelings of constants and of whole labels: all that the product ships. @throws Error for any other. */
const relabel = (labels: Labels, rules: readonly unknown[], targetKey: string): Labels => {
  const result: Record<string, string> = { ...labels };
  for (const rule of rules) {
    const action = textAt(rule, 'action') || 'replace';
    if (action === 'labeldrop') {
      const pattern = new RegExp(`^(?:${textAt(rule, 'regex')})$`);
      for (const key of Object.keys(result)) if (pattern.test(key)) delete result[key];
    } else if (
      action === 'replace' &&
      at(rule, 'sourceLabels') === undefined &&
      at(rule, 'source_labels') === undefined
    ) {
      result[textAt(rule, targetKey)] = textAt(rule, 'replacement');
    } else throw new Error(`this test does not know the relabeling ${JSON.stringify(rule)}`);
  }
  return Object.fromEntries(Object.entries(result).filter(([key]) => !key.startsWith('__')));
};

const textsOf = (tree: Tree): Labels =>
  Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, String(value)]));
