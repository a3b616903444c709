import {
  emptyJsonObject,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  ownValue,
} from '../canonical-json/json-value.ts';

/** The names of a dot-separated path: `\.` and `\\` stand for a dot and a backslash in a name. Appendices, "Dot-separated property paths". */
export function parsePropertyPath(path: string): string[] {
  const names = [''];
  for (let i = 0; i < path.length; i++) {
    const c = path[i] ?? '';
    const next = path[i + 1];
    if (c === '.') names.push('');
    else if (c === '\\' && (next === '.' || next === '\\')) {
      names[names.length - 1] += next;
      i++;
    } else names[names.length - 1] += c;
  }
  return names;
}

/** The value at a path, or undefined when there is none. */
export function valueAtPath(object: JsonObject, names: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = object;
  for (const name of names) {
    if (!isJsonObject(value)) return undefined;
    value = ownValue(value, name);
  }
  return value;
}

/** A copy of the object that holds only what the paths name. */
export function selectPaths(object: JsonObject, paths: readonly (readonly string[])[]): JsonObject {
  const selected = emptyJsonObject();
  for (const names of paths) {
    const value = valueAtPath(object, names);
    if (value !== undefined) setAtPath(selected, names, value);
  }
  return selected;
}

function setAtPath(target: JsonObject, names: readonly string[], value: JsonValue): void {
  let object = target;
  for (const name of names.slice(0, -1)) {
    const inner = object[name];
    const copy = Object.assign(emptyJsonObject(), isJsonObject(inner) ? inner : {});
    object[name] = copy;
    object = copy;
  }
  const last = names.at(-1);
  if (last !== undefined) object[last] = value;
}
