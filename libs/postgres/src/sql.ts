import type { Statement } from './types.ts';

/** PostgreSQL cuts longer names off, and two cut to the same would be one prepared statement. */
const maxNameBytes = 63;
const textByName = new Map<string, string>();

/**
 * Declares a statement. Convention for names: `<schema>_<what it does>`, for example `roomserver_insert_events`; they label spans and
 * metrics too.
 * @throws Error when the name is taken by another text in this process, or too long: both are faults of the program, seen at its start.
 */
export function sql(name: string, text: string): Statement {
  if (!/^[a-z][a-z0-9_]*$/.test(name) || name.length > maxNameBytes) {
    throw new Error(`Statement name ${name} is not snake_case of at most ${maxNameBytes} characters`);
  }
  const known = textByName.get(name);
  if (known !== undefined && known !== text) throw new Error(`Statement name ${name} is taken by another text`);
  textByName.set(name, text);
  return { name, text };
}
