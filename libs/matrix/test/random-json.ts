import { emptyJsonObject, type JsonValue } from '../src/canonical-json/json-value.ts';
import type { Random } from './random.ts';

const keys = [
  'a',
  'b',
  'aa',
  '',
  'é',
  '\u{1f600}',
  '\ufffd',
  '\ue000',
  '1',
  '01',
  '10',
  '__proto__',
  'constructor',
] as const;
const texts = [
  ...keys,
  'toJSON',
  'x y',
  '"',
  '\\',
  '/',
  '\n',
  '\t\b\f\r',
  '\u0000',
  '\u001f',
  '\u007f',
  '\u2028',
  '日本',
] as const;

export function randomText(random: Random): string {
  return random.oneOf(texts) + (random.isOneIn(3) ? random.oneOf(texts) : '');
}

/** Any value that canonical JSON can hold. */
export function randomValue(random: Random, depth = 4): JsonValue {
  switch (random.below(depth > 0 ? 9 : 6)) {
    case 0:
      return null;
    case 1:
      return random.isOneIn(2);
    case 2:
      return random.below(2 ** 32) * random.oneOf([1, -1, 2_097_151, 0]) + 0;
    case 3:
    case 4:
    case 5:
      return randomText(random);
    case 6:
      return Array.from({ length: random.below(4) }, () => randomValue(random, depth - 1));
    default: {
      const object = emptyJsonObject();
      for (let i = random.below(6); i > 0; i--)
        object[random.isOneIn(3) ? randomText(random) : random.oneOf(keys)] = randomValue(random, depth - 1);
      return object;
    }
  }
}

const numbers = ['0', '-0', '1', '-1', '10', '1.0', '1.50', '1e3', '1E+3', '1e-3', '-0.0', '9007199254740991'] as const;
const bigNumbers = ['9007199254740993', '-12345678901234567890', '1e400', '0.1e-400', '9223372036854775807'] as const;
const pieces = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  'u',
  'true',
  'nul',
  ' ',
  '\n',
  '0',
  '-',
  '.',
  'e',
  '\ud800',
] as const;

/** JSON text as one might write it: spaces, escapes, every form of number; without a key that comes twice. */
export function randomJsonText(random: Random, depth = 4): string {
  const space = () => (random.isOneIn(6) ? random.oneOf([' ', '\n', '\t\r', '  ']) : '');
  const choice = random.below(depth > 0 ? 8 : 5);
  if (choice === 0) return random.oneOf(['null', 'true', 'false']);
  if (choice === 1) return random.oneOf(random.isOneIn(3) ? bigNumbers : numbers);
  if (choice < 5) return quoted(randomText(random), random);
  if (choice === 5) {
    const items = Array.from({ length: random.below(4) }, () => space() + randomJsonText(random, depth - 1) + space());
    return `[${items.join(',')}${items.length === 0 ? space() : ''}]`;
  }
  const names = new Set(Array.from({ length: random.below(5) }, () => randomText(random)));
  const members = Array.from(
    names,
    (name) => `${space()}${quoted(name, random)}${space()}:${space()}${randomJsonText(random, depth - 1)}`,
  );
  return `{${members.join(',')}${space()}}`;
}

/** What was JSON text, with something put in, left out or doubled. */
export function brokenText(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  const end = at + random.below(4);
  return text.slice(0, at) + (random.isOneIn(2) ? random.oneOf(pieces) : text.slice(at, at + 2)) + text.slice(end);
}

function quoted(text: string, random: Random): string {
  const isEscaped = () => random.isOneIn(5);
  const units = Array.from(text, (character) => {
    if (!isEscaped()) return JSON.stringify(character).slice(1, -1);
    return Array.from({ length: character.length }, (_, i) => {
      const hex = character.charCodeAt(i).toString(16).padStart(4, '0');
      return `\\u${random.isOneIn(2) ? hex.toUpperCase() : hex}`;
    }).join('');
  });
  return `"${units.join('')}"`;
}
