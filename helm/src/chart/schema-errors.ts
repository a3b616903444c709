import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HTTPRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/HTTPRoute';
import { PodMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor';
import { PrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { isTree, listAt, type Tree, textAt, treeAt } from './kubernetes-object.ts';

/** Checks an object; answers what is wrong with it. */
export type Validate = (object: Tree) => string[];

/** Objects of Kubernetes itself, by the strict schemas of one of its versions: no field that is not there. */
export const kubernetesSchema = (folder: string, version: string): Validate => {
  const file = join(folder, `v${version}-local-strict`, '_definitions.json');
  const schema: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isTree(schema)) throw new Error(`${file} is not a JSON schema`);
  const id = textAt(schema, '$id');
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(schema, id);
  const definitions = treeAt(schema, '$defs');
  return (object) => {
    const name = Object.entries(definitions).find(([, definition]) => isOfKind(definition, object))?.[0];
    if (name === undefined)
      return [`there is no ${textAt(object, 'apiVersion')} ${textAt(object, 'kind')} in ${version}`];
    const validate = ajv.getSchema(`${id}#/$defs/${name}`);
    if (validate === undefined || validate(object) === true) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath} ${message ?? ''} ${JSON.stringify(params)}`,
    );
  };
};

const isOfKind = (definition: unknown, object: Tree): boolean =>
  listAt(definition, 'x-kubernetes-group-version-kind').some((kind) => {
    const group = textAt(kind, 'group');
    const apiVersion = group === '' ? textAt(kind, 'version') : `${group}/${textAt(kind, 'version')}`;
    return apiVersion === object['apiVersion'] && textAt(kind, 'kind') === object['kind'];
  });

/** Objects of other projects that the chart makes. */
const custom: Readonly<Record<string, new (data: never) => { validate(): void }>> = {
  HTTPRoute,
  PodMonitor,
  PrometheusRule,
};

export const isCustom = (object: Tree): boolean => textAt(object, 'kind') in custom;

export const customErrors: Validate = (object) => {
  const Kind = custom[textAt(object, 'kind')];
  if (Kind === undefined) return ['no schema'];
  try {
    // The classes take what their own types describe; whether this is such a thing is what is asked.
    Reflect.construct(Kind, [object]).validate();
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
};
