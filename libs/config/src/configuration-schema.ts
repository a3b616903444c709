import { z } from 'zod';
import { schema } from './schema.ts';

/** The configuration as a JSON schema (draft 7): what a file may hold, before defaults. Secrets are there as values, not as their files. */
export function configurationSchema(): Record<string, unknown> {
  return z.toJSONSchema(schema, { io: 'input', target: 'draft-7' });
}
