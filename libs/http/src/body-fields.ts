import { isJsonInteger, isJsonObject, type JsonObject, type JsonValue, ownValue } from '@plexus/matrix';
import { errors } from './errors.ts';

interface StringLimits {
  /** Longest accepted, in UTF-8 bytes. */
  readonly max?: number;
}

interface IntegerLimits {
  readonly min?: number;
  readonly max?: number;
}

/** Readers of a request's body. Each throws M_MISSING_PARAM or M_BAD_JSON, M_INVALID_PARAM beyond a limit, with the key named. */
export function stringField(body: JsonObject, key: string, limits: StringLimits = {}): string {
  return present(optionalString(body, key, limits), key);
}

export function optionalString(body: JsonObject, key: string, limits: StringLimits = {}): string | undefined {
  const value = given(body, key);
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw wrongType(key, 'a string');
  if (limits.max !== undefined && Buffer.byteLength(value) > limits.max)
    throw errors.invalidParam(key, `is longer than ${limits.max} bytes`);
  return value;
}

export function integerField(body: JsonObject, key: string, limits: IntegerLimits = {}): number {
  return present(optionalInteger(body, key, limits), key);
}

export function optionalInteger(body: JsonObject, key: string, limits: IntegerLimits = {}): number | undefined {
  const value = given(body, key);
  if (value === undefined) return undefined;
  if (!isJsonInteger(value)) throw wrongType(key, 'an integer');
  if (value < (limits.min ?? value) || value > (limits.max ?? value)) throw errors.invalidParam(key, 'is out of range');
  return value;
}

export function booleanField(body: JsonObject, key: string): boolean {
  return present(optionalBoolean(body, key), key);
}

export function optionalBoolean(body: JsonObject, key: string): boolean | undefined {
  const value = given(body, key);
  if (value === undefined || typeof value === 'boolean') return value;
  throw wrongType(key, 'a boolean');
}

export function objectField(body: JsonObject, key: string): JsonObject {
  return present(optionalObject(body, key), key);
}

export function optionalObject(body: JsonObject, key: string): JsonObject | undefined {
  const value = given(body, key);
  if (value === undefined || isJsonObject(value)) return value;
  throw wrongType(key, 'an object');
}

export function arrayField(body: JsonObject, key: string): JsonValue[] {
  return present(optionalArray(body, key), key);
}

export function optionalArray(body: JsonObject, key: string): JsonValue[] | undefined {
  const value = given(body, key);
  if (value === undefined || Array.isArray(value)) return value;
  throw wrongType(key, 'an array');
}

export function stringArray(body: JsonObject, key: string): string[] {
  return present(optionalStringArray(body, key), key);
}

export function optionalStringArray(body: JsonObject, key: string): string[] | undefined {
  return optionalArray(body, key)?.map((item) => {
    if (typeof item !== 'string') throw wrongType(key, 'an array of strings');
    return item;
  });
}

/** A value under the body's own key; `null` counts as absent, as clients send it for what they leave out. */
function given(body: JsonObject, key: string): Exclude<JsonValue, null> | undefined {
  return ownValue(body, key) ?? undefined;
}

function present<Value>(value: Value | undefined, key: string): Value {
  if (value === undefined) throw errors.missingParam(key);
  return value;
}

function wrongType(key: string, expected: string): Error {
  return errors.badJson(`${key} must be ${expected}`);
}
