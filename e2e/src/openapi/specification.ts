import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'yaml';
import { checkout } from '../stack/stack.ts';

export type Schema = Readonly<Record<string, unknown>>;

/** One operation of the specification's data, with where its schemas are. */
export interface SpecifiedOperation {
  readonly operationId: string;
  readonly method: string;
  readonly pattern: RegExp;
  /** More literal characters: the more special of two patterns. */
  readonly literal: number;
  /** `file:` URI with a JSON pointer, by HTTP status or `default`; undefined: no JSON schema. */
  readonly responses: ReadonlyMap<string, string | undefined>;
  readonly request: string | undefined;
}

export interface Specification {
  readonly documents: ReadonlyMap<string, Schema>;
  readonly operations: readonly SpecifiedOperation[];
}

/** The folder of the specification's data beside the checkout; undefined where it is not there. */
export function specificationFolder(): string | undefined {
  const folder = process.env['PLEXUS_SPEC'] ?? join(checkout, '..', 'shared', 'spec');
  return existsSync(join(folder, 'api')) ? folder : undefined;
}

/** Reads all documents of the client-server API and its operations. */
export function readSpecification(folder: string): Specification {
  const documents = new Map<string, Schema>();
  for (const file of globSync('**/*.{yaml,json}', { cwd: folder })) {
    const document: unknown = parse(readFileSync(join(folder, file), 'utf8'));
    const uri = pathToFileURL(join(folder, file)).href;
    if (!Array.isArray(document)) documents.set(uri, record(absolute(document, uri)));
  }
  const root = `${pathToFileURL(join(folder, 'api', 'client-server')).href}/`;
  const operations = [...documents]
    .filter(([uri]) => uri.startsWith(root) && !uri.slice(root.length).includes('/'))
    .flatMap(([uri, document]) => operationsOf(uri, document));
  return { documents, operations: operations.sort((a, b) => b.literal - a.literal) };
}

/** The document with every reference spelled out: the schema compiler loses the base of a reference that it follows through a pointer. */
function absolute(value: unknown, base: string): unknown {
  if (Array.isArray(value)) return value.map((item) => absolute(item, base));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === '$ref' && typeof inner === 'string' ? new URL(inner, base).href : absolute(inner, base),
    ]),
  );
}

/** The operation that a request is, by method and path (without the query). */
export function findOperation(
  specification: Specification,
  method: string,
  path: string,
): SpecifiedOperation | undefined {
  return specification.operations.find((operation) => operation.method === method && operation.pattern.test(path));
}

function operationsOf(uri: string, document: Schema): SpecifiedOperation[] {
  const basePath = pick(document, 'servers', 0, 'variables', 'basePath', 'default');
  const base = typeof basePath === 'string' ? basePath : '';
  return Object.entries(record(document['paths'])).flatMap(([path, item]) =>
    ['get', 'put', 'post', 'delete'].flatMap((method) => {
      const operation = record(item)[method];
      if (operation === undefined) return [];
      const pointer = `${uri}#/paths/${pointerPart(path)}/${method}`;
      const full = `${base}${path}`.replace(/\s+$/, '');
      return [
        {
          operationId: String(record(operation)['operationId']),
          method: method.toUpperCase(),
          pattern: patternOf(full),
          literal: full.replace(/\{[^}]*\}/g, '').length,
          responses: responsesOf(record(operation), pointer),
          request: requestOf(record(operation), pointer),
        },
      ];
    }),
  );
}

function responsesOf(operation: Schema, pointer: string): ReadonlyMap<string, string | undefined> {
  return new Map(
    Object.entries(record(operation['responses'])).map(([status, response]) => [
      status,
      pick(response, 'content', 'application/json', 'schema') === undefined
        ? undefined
        : `${pointer}/responses/${status}/content/application~1json/schema`,
    ]),
  );
}

function requestOf(operation: Schema, pointer: string): string | undefined {
  const schema = pick(operation, 'requestBody', 'content', 'application/json', 'schema');
  return schema === undefined ? undefined : `${pointer}/requestBody/content/application~1json/schema`;
}

function patternOf(path: string): RegExp {
  const source = path.split(/\{[^}]*\}/).map((part) => part.replace(/[.*+?^$()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${source.join('[^/]+')}/?$`);
}

function pointerPart(key: string): string {
  return encodeURIComponent(key.replace(/~/g, '~0').replace(/\//g, '~1'));
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

function pick(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>((inner, key) => record(inner)[String(key)], value);
}
