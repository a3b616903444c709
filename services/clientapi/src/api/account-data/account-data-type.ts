import { errors, MatrixHttpError, type MatrixRequest, textParam } from '@plexus/http';

/** Types that the server keeps itself; they are written by operations of their own. */
const serverControlled = new Set(['m.fully_read', 'm.push_rules']);

/** The type of account data to write. M_BAD_JSON (405) for those that are the server's, as the specification has it. */
export function writableType(request: MatrixRequest): string {
  const type = textParam(request, 'type');
  if (type === '') throw errors.invalidParam('type', 'is empty');
  if (serverControlled.has(type))
    throw new MatrixHttpError(405, 'M_BAD_JSON', `${type} cannot be written as account data`);
  return type;
}
