import pg from 'pg';

const { builtins, getTypeParser } = pg.types;
const int8Array = 1016;

/** Parsers of one pool: int8 becomes a number, everything else stays as pg has it (bytea becomes a Buffer, numeric a string). */
export const columnTypes: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (format !== 'binary') {
      if (oid === builtins.INT8) return parseInt8;
      if (oid === int8Array) return parseInt8Array;
    }
    return getTypeParser(oid, format);
  },
};

function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError('bigint column holds a value beyond 2^53');
  return value;
}

/** One-dimensional arrays only: `{1,NULL,3}`. */
function parseInt8Array(text: string): (number | null)[] {
  const inner = text.slice(1, -1);
  if (inner === '') return [];
  return inner.split(',').map((item) => (item === 'NULL' ? null : parseInt8(item)));
}
