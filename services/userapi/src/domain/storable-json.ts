import { isJsonObject, parseRequestJson } from '@plexus/matrix';

/** Whether a text is sound JSON that is given out again as it is: nothing in it may break the answers it becomes part of. */
export function isStorableJson(text: string, kind: 'object' | 'value'): boolean {
  const parsed = parseRequestJson(Buffer.from(text), { numbers: 'ordinary' });
  return parsed.ok && (kind === 'value' || isJsonObject(parsed.value));
}
