import type { z } from 'zod';

/** One sentence that names a key and says what it must be. It never repeats the value, which may be a secret. */
export type ConfigError = string;

const typeNames: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a section with keys',
};

type Issue = z.core.$ZodIssue;

/** The sentences of one issue: an unknown key each has one. */
export function sentences(issue: Issue): ConfigError[] {
  const key = keyName(issue.path);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((unknown) => `${key === '' ? '' : `${key}.`}${unknown}: there is no such key`);
  return [`${key === '' ? 'configuration' : key}: ${complaint(issue)}`];
}

function complaint(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined && issue.message.endsWith('received undefined'))
        return `is missing; it must be ${typeNames[issue.expected] ?? issue.expected}`;
      return `must be ${typeNames[issue.expected] ?? issue.expected}`;
    case 'too_small':
      if (issue.origin === 'string') return 'must not be empty';
      if (issue.origin === 'array') return 'must have at least one entry';
      return `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`;
    case 'too_big':
      return `must be at most ${issue.maximum}`;
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`;
    default:
      return issue.message;
  }
}

function keyName(path: readonly PropertyKey[]): string {
  let name = '';
  for (const part of path) name += typeof part === 'number' ? `[${part}]` : `${name === '' ? '' : '.'}${String(part)}`;
  return name;
}
