import { configurationSchema } from './configuration-schema.ts';
import { descriptionOf } from './descriptions.ts';
import { secretKeys } from './secret-files.ts';

/** A part of the JSON schema, as far as the reference shows it. */
interface SchemaNode {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
}

export interface ConfigurationKey {
  readonly path: string;
  readonly description: string | undefined;
  /** As it is written in YAML; undefined: none. */
  readonly default: string | undefined;
  readonly isRequired: boolean;
  readonly unit: string | undefined;
  readonly values: readonly unknown[];
}

/** Every key of the configuration, in the order of the schema. */
export function configurationKeys(): ConfigurationKey[] {
  return keysOf(configurationSchema(), '');
}

function keysOf(node: SchemaNode, above: string): ConfigurationKey[] {
  return Object.entries(node.properties ?? {}).flatMap(([key, below]) => {
    const path = above === '' ? key : `${above}.${key}`;
    const described = descriptionOf(path);
    const isSection = below.properties !== undefined;
    const own: ConfigurationKey = {
      path,
      description: described?.text,
      default: below.default === undefined || isSection ? undefined : JSON.stringify(below.default),
      isRequired: node.required?.includes(key) ?? false,
      unit: described?.unit,
      values: below.enum ?? [],
    };
    return [own, ...keysOf(below, path), ...(below.items === undefined ? [] : keysOf(below.items, `${path}[]`))];
  });
}

const head = `# Configuration reference

Every key of the configuration that \`plexus run\` and containers take, and \`plexus up --config\` as far as it does not decide itself. It is written in YAML
or JSON; an unknown key is an error, and \`plexus config check\` says everything that is wrong, also with the files that it names. Relative paths are meant
from the folder of the file. This page is made from the schema by \`plexus config reference\`.

| key | meaning | default | unit |
| --- | --- | --- | --- |`;

/** The operator's reference, in Markdown. */
export function configurationReference(): string {
  const rows = configurationKeys().map(({ path, description = '', default: value, isRequired, unit = '', values }) => {
    const one = values.length === 0 ? '' : ` One of ${values.map((each) => `\`${String(each)}\``).join(', ')}.`;
    const standard = isRequired ? 'required' : value === undefined ? '' : `\`${value}\``;
    return `| \`${path}\` | ${description.replaceAll('|', '\\|')}${one} | ${standard} | ${unit} |`;
  });
  const secrets = secretKeys.map(([section, key]) => `\`${section}.${key}File\``).join(', ');
  return `${head}\n${rows.join('\n')}\n
A key that holds a secret may be given as a file that holds nothing else: ${secrets}.\n`;
}
