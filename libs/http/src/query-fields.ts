import { errors } from './errors.ts';

interface NumberLimits {
  readonly min?: number;
  /** A larger number is taken as this one: clients ask for all that there is. */
  readonly atMost?: number;
}

/** Readers of a request's query. Each throws M_MISSING_PARAM or M_INVALID_PARAM, with the parameter named. A parameter given twice counts once. */
export function queryInteger(query: URLSearchParams, name: string, limits: NumberLimits = {}): number {
  const value = optionalQueryInteger(query, name, limits);
  if (value === undefined) throw errors.missingParam(name);
  return value;
}

/** A whole number that is not negative, in decimal digits. */
export function optionalQueryInteger(
  query: URLSearchParams,
  name: string,
  { min = 0, atMost = Number.MAX_SAFE_INTEGER }: NumberLimits = {},
): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min)) throw errors.invalidParam(name, `must be a whole number of at least ${min}`);
  return Math.min(value, atMost);
}

/** False when it is absent. */
export function queryBoolean(query: URLSearchParams, name: string): boolean {
  const text = query.get(name);
  if (text === null || text === 'false') return false;
  if (text === 'true') return true;
  throw errors.invalidParam(name, 'must be true or false');
}
