import { z } from 'zod';
import { descriptionOf } from './descriptions.ts';
import { schema } from './schema.ts';

/** The configuration as a JSON schema (draft 7): what a file may hold, before defaults. Secrets are there as values, not as their files. */
export function configurationSchema(): Record<string, unknown> {
  return described(z.toJSONSchema(schema, { io: 'input', target: 'draft-7' }), '');
}

/** The schema with what each key means. */
function described(node: Readonly<Record<string, unknown>>, path: string): Record<string, unknown> {
  const { properties, items, ...rest } = node;
  const text = descriptionOf(path)?.text;
  return {
    ...(text !== undefined && { description: text }),
    ...rest,
    ...(isNode(properties) && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([key, below]) => [
          key,
          isNode(below) ? described(below, path === '' ? key : `${path}.${key}`) : below,
        ]),
      ),
    }),
    ...(isNode(items) ? { items: described(items, `${path}[]`) } : items !== undefined && { items }),
  };
}

function isNode(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
