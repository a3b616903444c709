/** A node of a YAML tree whose shape is not known beforehand. */
export type Tree = Readonly<Record<string, unknown>>;

export const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is at a path such as `spec.template.spec`; undefined where it ends early. */
export const at = (value: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((node, key) => (isTree(node) ? node[key] : undefined), value);

export const treeAt = (value: unknown, path: string): Tree => {
  const found = at(value, path);
  return isTree(found) ? found : {};
};

export const listAt = (value: unknown, path: string): readonly unknown[] => {
  const found = at(value, path);
  return Array.isArray(found) ? found : [];
};

export const textAt = (value: unknown, path: string): string => asText(at(value, path));

const asText = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);

/** `Kind/name` of an object, for messages. */
export const nameOf = (object: Tree): string => `${textAt(object, 'kind')}/${textAt(object, 'metadata.name')}`;

const component = 'app.kubernetes.io/component';

/** The service, store or hook that an object belongs to. */
export const componentOf = (object: Tree): string => asText(treeAt(object, 'metadata.labels')[component]);

/** The components that a selector of labels means; `*` for all of the release. */
export const selectedComponent = (selector: unknown): string =>
  asText(treeAt(selector, 'matchLabels')[component] ?? '*');

export interface Pod {
  readonly name: string;
  readonly component: string;
  readonly spec: Tree;
}

/** The pods that objects are or make. */
export const podsOf = (objects: readonly Tree[]): Pod[] =>
  objects.flatMap((object) => {
    const template = object['kind'] === 'CronJob' ? 'spec.jobTemplate.spec.template.spec' : 'spec.template.spec';
    const spec = treeAt(object, object['kind'] === 'Pod' ? 'spec' : template);
    return listAt(spec, 'containers').length === 0
      ? []
      : [{ name: nameOf(object), component: componentOf(object), spec }];
  });

/** Every container of a pod, those that begin it too. */
export const containersOf = ({ spec }: Pod): Tree[] =>
  [...listAt(spec, 'initContainers'), ...listAt(spec, 'containers')].filter(isTree);
