import { configurationSchema } from '@plexus/config';
import type { AlertSettings } from '../monitoring/chart-rules.ts';
import type { DocumentedValue } from './documented-values.ts';

type JsonSchema = Record<string, unknown>;

/** What a service's own section may say is what `defaults` may. */
const defaultsKey = 'defaults';

/** The JSON schema of the values: types by the defaults, no key that is not there. `services` are sections shaped like `defaults`, `alerts` those that can be set one by one. */
export const valuesSchema = (
  values: readonly DocumentedValue[],
  services: readonly string[],
  alerts: readonly AlertSettings[] = [],
): JsonSchema => {
  const properties = Object.fromEntries(
    values.map((value) => [
      value.key,
      services.includes(value.key) || value.key === defaultsKey
        ? { $ref: '#/$defs/service', description: value.description ?? 'What every service has.' }
        : schemaOf(value),
    ]),
  );
  const defaults = values.find(({ key }) => key === defaultsKey);
  if (defaults === undefined) throw new Error(`${defaultsKey}: is missing`);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the Plexus chart',
    type: 'object',
    additionalProperties: false,
    properties: {
      ...properties,
      global: { type: 'object', description: 'Of a chart that has this one in it; not used.' },
    },
    $defs: {
      service: sectionOf(defaults.children),
      configuration: chartConfiguration(),
      alerts: alertsSchema(alerts),
    },
  };
};

const schemaOf = ({ description, schema, value, children }: DocumentedValue): JsonSchema => {
  if (typeof schema['$ref'] === 'string') return { ...schema, ...(description !== undefined && { description }) };
  if (children.length > 0) return sectionOf(children);
  return { ...typeOf(value), ...schema, ...(description !== undefined && { description }) };
};

const sectionOf = (children: readonly DocumentedValue[]): JsonSchema => ({
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(children.map((child) => [child.key.split('.').at(-1) ?? '', schemaOf(child)])),
});

/** Switch, threshold and the rest of each alert by its name. */
const alertsSchema = (alerts: readonly AlertSettings[]): JsonSchema => ({
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(
    alerts.map(({ name, threshold }) => [
      name,
      {
        type: 'object',
        additionalProperties: false,
        properties: {
          enabled: { type: 'boolean' },
          ...(threshold !== undefined && {
            threshold: { type: 'number', description: `What the alert compares with; ${threshold} when not given.` },
          }),
          for: { type: 'string', pattern: '^([0-9]+(ms|s|m|h|d))+$' },
          severity: { enum: ['page', 'ticket', 'info'] },
          labels: { type: 'object', additionalProperties: { type: 'string' } },
        },
      },
    ]),
  ),
});

const typeOf = (value: unknown): JsonSchema => {
  if (Array.isArray(value)) return { type: 'array' };
  if (typeof value === 'number') return { type: Number.isInteger(value) ? 'integer' : 'number' };
  if (typeof value === 'object') return { type: 'object' };
  return { type: typeof value };
};

/** What the chart itself writes into the configuration of each service. */
const ownKeys = [
  'serverName',
  'postgres',
  'nats',
  'redis',
  'signingKeyFile',
  'listen',
  'services',
  'appservices',
  'shutdown',
];
const ownKeysOfSections: Readonly<Record<string, readonly string[]>> = {
  rpc: ['token'],
  registration: ['sharedSecret'],
  media: ['directory'],
  federation: ['tls'],
};

/** The product's configuration without those keys; nothing in it must be given. */
const chartConfiguration = (): JsonSchema => {
  const whole = configurationSchema();
  const properties = omit(whole['properties'], ownKeys);
  for (const [section, keys] of Object.entries(ownKeysOfSections)) {
    const schema = asObject(properties[section]);
    properties[section] = omit({ ...schema, properties: omit(schema['properties'], keys) }, ['required']);
  }
  return { type: 'object', additionalProperties: false, properties };
};

const omit = (object: unknown, keys: readonly string[]): JsonSchema =>
  Object.fromEntries(Object.entries(asObject(object)).filter(([key]) => !keys.includes(key)));

const asObject = (value: unknown): JsonSchema => (typeof value === 'object' && value !== null ? { ...value } : {});
