import { isMap, isScalar, LineCounter, type Pair, parseDocument, type YAMLMap } from 'yaml';

/** A key of values.yaml. A section has children; a value has none that are documented. */
export interface DocumentedValue {
  /** From the root, as in `postgres.url.value`. */
  readonly key: string;
  /** What its comment says, without the mark. Undefined for a section that only its children describe. */
  readonly description: string | undefined;
  /** What its `@schema` line adds. */
  readonly schema: Readonly<Record<string, unknown>>;
  readonly value: unknown;
  readonly children: readonly DocumentedValue[];
}

/**
 * Reads the keys of a values file with the comments over them.
 * @throws Error naming every key that has neither a comment nor documented children.
 */
export const documentedValues = (text: string): DocumentedValue[] => {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter });
  if (document.errors.length > 0) throw new Error(document.errors.map(({ message }) => message).join('\n'));
  if (!isMap(document.contents)) throw new Error('the values must be a map');
  const lines = text.split('\n');
  const commentOf = (offset: number): string[] => commentAbove(lines, lineCounter.linePos(offset).line - 1);
  const values = childrenOf(document.contents, '', commentOf);
  const bare = undocumented(values);
  if (bare.length > 0) throw new Error(bare.map((key) => `${key}: has no comment that begins with "# --"`).join('\n'));
  return values;
};

/** Every value, sections left out, in the order of the file. */
export const leavesOf = (values: readonly DocumentedValue[]): DocumentedValue[] =>
  values.flatMap((value) => [...(value.description === undefined ? [] : [value]), ...leavesOf(value.children)]);

const undocumented = (values: readonly DocumentedValue[]): string[] =>
  values.flatMap(({ key, description, children }) =>
    children.length > 0 ? undocumented(children) : description === undefined ? [key] : [],
  );

type CommentOf = (offset: number) => string[];

const childrenOf = (map: YAMLMap, prefix: string, commentOf: CommentOf): DocumentedValue[] =>
  map.items.map((pair) => documentedValue(pair, prefix, commentOf));

const documentedValue = (pair: Pair, prefix: string, commentOf: CommentOf): DocumentedValue => {
  if (!isScalar(pair.key) || typeof pair.key.value !== 'string') throw new Error(`${prefix}: keys must be texts`);
  const key = `${prefix}${pair.key.value}`;
  const { description, schema } = read(commentOf(pair.key.range?.[0] ?? 0), key);
  const children = isMap(pair.value) && pair.value.flow !== true ? childrenOf(pair.value, `${key}.`, commentOf) : [];
  // Below a documented value children may go without: they are its default then.
  const isSection = description === undefined || children.every((child) => child.description !== undefined);
  return { key, description, schema, value: plain(pair.value), children: isSection ? children : [] };
};

const plain = (node: unknown): unknown =>
  typeof node === 'object' && node !== null && 'toJSON' in node && typeof node.toJSON === 'function'
    ? node.toJSON()
    : node;

const commentAbove = (lines: readonly string[], line: number): string[] => {
  const comment: string[] = [];
  for (let at = line - 1; at >= 0; at--) {
    const text = lines[at]?.trim() ?? '';
    if (!text.startsWith('#')) break;
    comment.unshift(text.slice(1).trim());
  }
  return comment;
};

const schemaMark = '@schema ';
const textMark = '-- ';

const read = (comment: readonly string[], key: string): Pick<DocumentedValue, 'description' | 'schema'> => {
  const start = comment.findIndex((line) => line.startsWith(textMark));
  if (start === -1) return { description: undefined, schema: {} };
  const words = comment.slice(start).filter((line) => !line.startsWith(schemaMark));
  const additions = comment.filter((line) => line.startsWith(schemaMark)).map((line) => line.slice(schemaMark.length));
  return { description: words.join(' ').slice(textMark.length), schema: parseSchema(additions, key) };
};

const parseSchema = (additions: readonly string[], key: string): Record<string, unknown> => {
  try {
    return Object.assign({}, ...additions.map((line): unknown => JSON.parse(line)));
  } catch {
    throw new Error(`${key}: its @schema line is not JSON`);
  }
};
