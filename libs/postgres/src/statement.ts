import { sql } from './sql.ts';
import type { Queryable, SqlValue, Statement } from './types.ts';

/** Types of PostgreSQL with the values that stand for them here; bigint columns hold numbers below 2^53. */
interface ScalarValues {
  readonly text: string;
  readonly uuid: string;
  readonly smallint: number;
  readonly integer: number;
  readonly bigint: number;
  readonly 'double precision': number;
  readonly boolean: boolean;
  readonly bytea: Buffer;
}

type Scalar = keyof ScalarValues;

/**
 * The type of a parameter or a column: the name of a type of PostgreSQL, `?` behind it when it may be NULL, and `[]` behind both for an
 * array. `text?[]` is an array of texts of which some may be NULL.
 */
export type SqlType = Scalar | `${Scalar}?` | `${Scalar}[]` | `${Scalar}?[]` | `${Scalar}[]?`;

/** A type of PostgreSQL whose values have a narrower type here, such as an identifier. */
export interface Branded<Value> {
  readonly type: SqlType;
  /** Only for the compiler: there is no such property. */
  readonly value?: Value;
}

/** Says that the values of a parameter or column are of this type: `branded<RoomId>()('text')`. */
export function branded<Value>(): (type: SqlType) => Branded<Value> {
  return (type) => ({ type });
}

type Shape = Readonly<Record<string, SqlType | Branded<unknown>>>;

type ValueOf<Type> =
  Type extends Branded<infer Value>
    ? Value
    : Type extends `${infer Element extends Scalar}?[]`
      ? readonly (ScalarValues[Element] | null)[]
      : Type extends `${infer Element extends Scalar}[]?`
        ? readonly ScalarValues[Element][] | null
        : Type extends `${infer Element extends Scalar}[]`
          ? readonly ScalarValues[Element][]
          : Type extends `${infer Single extends Scalar}?`
            ? ScalarValues[Single] | null
            : Type extends Scalar
              ? ScalarValues[Type]
              : never;

type ValuesOf<Types extends Shape> = { readonly [Name in keyof Types]: ValueOf<Types[Name]> };

/** A statement that knows its parameters by name and the columns of its rows. */
export interface TypedStatement<Parameters, Row> extends Statement {
  /** Names of the parameters, in the order of their numbers. */
  readonly parameters: readonly string[];
  readonly parameterTypes: Shape;
  readonly columns: Shape;
  /** Only for the compiler: there are no such properties. */
  readonly given?: Parameters;
  readonly row?: Row;
}

/** Runs a typed statement with its parameters by name. @throws DatabaseError as `query` does. */
export function execute<Parameters extends Readonly<Record<string, SqlValue>>, Row extends object>(
  queryable: Queryable,
  declaration: TypedStatement<Parameters, Row>,
  given: Parameters,
): Promise<Row[]> {
  return queryable.query<Row>(
    declaration,
    declaration.parameters.map((parameter) => given[parameter] ?? null),
  );
}

/** The rows of a statement. */
export type RowOf<Of extends { readonly row?: object }> = NonNullable<Of['row']>;

const declared = new Map<string, TypedStatement<unknown, unknown>>();

/**
 * Declares a statement with named parameters (`$room_id` in its text) and the columns of its rows. A test prepares every declared statement
 * on the migrated schema and compares both with what PostgreSQL says, so what is declared here is true.
 *
 * @throws Error when a parameter of the text is not declared or a declared one is not used, and as `sql` does for the name: faults of the
 *   program, seen at its start.
 */
export function statement<const Parameters extends Shape, const Columns extends Shape>(
  name: string,
  parameterTypes: Parameters,
  columns: Columns,
  text: string,
): TypedStatement<ValuesOf<Parameters>, ValuesOf<Columns>> {
  const parameters = Object.keys(parameterTypes);
  const used = new Set<string>();
  const numbered = text.replace(/\$([a-z][a-z0-9_]*)/g, (_, parameter: string) => {
    const index = parameters.indexOf(parameter);
    if (index < 0) throw new Error(`Statement ${name} does not declare its parameter ${parameter}`);
    used.add(parameter);
    return `$${index + 1}`;
  });
  const unused = parameters.filter((parameter) => !used.has(parameter));
  if (unused.length > 0) throw new Error(`Statement ${name} does not use its parameters ${unused.join(', ')}`);
  const made = { ...sql(name, numbered), parameters, parameterTypes, columns };
  declared.set(name, made);
  return made;
}

/** Every statement that the modules loaded so far have declared. */
export function declaredStatements(): TypedStatement<unknown, unknown>[] {
  return [...declared.values()];
}
